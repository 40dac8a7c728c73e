/** Why material, an identity or a policy was refused. */
export type MspErrorCode =
  | 'INVALID_ARGUMENT'
  | 'MALFORMED_IDENTITY'
  | 'UNKNOWN_MSP'
  | 'UNSUPPORTED_KEY'
  | 'UNTRUSTED_CERTIFICATE'
  | 'CA_AS_IDENTITY'
  | 'NO_ROLE'
  | 'EXPIRED_CERTIFICATE'
  | 'MALFORMED_POLICY'
  | 'UNSUPPORTED_POLICY';

/** The one error class of the msp folder. `code` is stable; the message is the reason a Fabric peer logs or returns. */
export class MspError extends Error {
  override readonly name = 'MspError';
  readonly code: MspErrorCode;

  constructor(code: MspErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}
