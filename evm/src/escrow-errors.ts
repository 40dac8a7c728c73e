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
  if (parsed === undefined)
    return new MidlockError('ESCROW_REVERTED', { data: data.slice(0, MAX_SHOWN) });
  const code = errorCode(parsed.name);
  const entries = parsed.fragment.inputs.map((input, index): [string, string] => {
    const value = String(parsed.args[index]);
    return [input.name, input.name === 'name' ? nameIn(value) : value];
  });
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

/** A token's text in full; of a hostile one's data as much as a log line bears. */
const MAX_SHOWN = 1_034;

/** A short name in 32 bytes; the bytes where they hold none, for nodes may answer anything. */
function nameIn(word: string): string {
  try {
    return decodeBytes32String(word);
  } catch {
    return word;
  }
}

function tryParse(data: string): ErrorDescription | undefined {
  try {
    const parsed = ESCROW.parseError(data) ?? undefined;
    // An argument that does not decode throws only when it is looked at.
    parsed?.args.toArray();
    return parsed;
  } catch {
    return undefined;
  }
}
