export type DevnodeErrorCode = 'CONFIG_INVALID' | 'PORT_IN_USE';

/** What can go wrong at start; once running, faults are answered as a real peer answers them. */
export class DevnodeError extends Error {
  override readonly name = 'DevnodeError';
  readonly code: DevnodeErrorCode;

  constructor(code: DevnodeErrorCode, sentence: string) {
    super(`${code}: ${sentence}`);
    this.code = code;
  }
}
