/**
 * `CONFIG_INVALID`: options or parameters that make no sense. `PORT_IN_USE`: a port that cannot be listened on.
 * `DATA_MISMATCH`: the data folder belongs to another network. `LEDGER_DAMAGED`: a file in it is not what was written.
 */
export type DevnodeErrorCode =
  'CONFIG_INVALID' | 'PORT_IN_USE' | 'DATA_MISMATCH' | 'LEDGER_DAMAGED';

/** What can go wrong at start; once running, faults are answered as a real peer answers them. */
export class DevnodeError extends Error {
  override readonly name = 'DevnodeError';
  readonly code: DevnodeErrorCode;

  constructor(code: DevnodeErrorCode, sentence: string) {
    super(`${code}: ${sentence}`);
    this.code = code;
  }
}
