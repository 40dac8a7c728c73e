/** Codes of this package; they carry the meaning of the same codes in docs/errors.md. */
export type NetworkErrorCode =
  | 'TOOL_MISSING'
  | 'TOOL_VERSION'
  | 'DEPLOY_FAILED'
  | 'ADMIN_REFUSED'
  | 'APPROVAL_MISSING'
  | 'CHAINCODE_UNREACHABLE'
  | 'ENDPOINT_UNREACHABLE'
  | 'PACKAGE_MISMATCH'
  | 'SEQUENCE_MISMATCH'
  | 'PORT_IN_USE'
  | 'PROCESS_FAILED'
  | 'START_TIMED_OUT'
  | 'DESCRIPTION_INVALID';

/** What can go wrong when a network is started or read. `data` is evidence for people; it holds no secret. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
  readonly code: NetworkErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: NetworkErrorCode,
    sentence: string,
    data: Readonly<Record<string, string | number>> = {},
  ) {
    super(`${code}: ${sentence} ${JSON.stringify(data)}`);
    this.code = code;
    this.data = data;
  }
}
