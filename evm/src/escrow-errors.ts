import { CATALOGUE, MidlockError, type ErrorCode, type ErrorData } from '@midlock/protocol';
import { decodeBytes32String, type ErrorDescription } from 'ethers';
import { ESCROW } from './escrow-interface.ts';

/**
 * The contract's refusal as an error of the catalogue: the custom error's name in capitals is the code. Data that is no error of the
 * escrow (a token's own text, an empty revert) yields ESCROW_REVERTED.
 * @param data The revert data of a call or of a replayed transaction, 0x-prefixed hex.
 */
export function escrowError(data: string): MidlockError {
  const parsed = tryParse(data);
  if (parsed === undefined) return new MidlockError('ESCROW_REVERTED', { data });
  const code = errorCode(parsed.name);
  const entries = parsed.fragment.inputs.map((input, index): [string, string] => [
    input.name,
    input.name === 'name'
      ? decodeBytes32String(String(parsed.args[index]))
      : String(parsed.args[index]),
  ]);
  const args: ErrorData = Object.fromEntries(entries);
  return code === undefined
    ? new MidlockError('ESCROW_REVERTED', { contractError: parsed.name, ...args })
    : new MidlockError(code, { contractError: parsed.name, ...args });
}

/** The catalogue's code of a custom error, `LockUnknown` to `LOCK_UNKNOWN`; undefined when there is none. */
export function errorCode(name: string): ErrorCode | undefined {
  const code = name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  return Object.hasOwn(CATALOGUE, code) ? (code as ErrorCode) : undefined;
}

function tryParse(data: string): ErrorDescription | undefined {
  try {
    return ESCROW.parseError(data) ?? undefined;
  } catch {
    return undefined;
  }
}
