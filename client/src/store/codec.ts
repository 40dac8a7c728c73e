import { MidlockError, fromHex, toHex } from '@midlock/protocol';

/**
 * JSON text of plain data with bigints as `{"#n":"1"}` and bytes as `{"#b":"0x01"}`; keys in insertion order.
 * Equal objects built the same way have equal texts.
 */
export function encodeRecord(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'bigint') return { '#n': String(member) };
    if (member instanceof Uint8Array) return { '#b': toHex(member) };
    return member;
  });
}

/** Reads {@link encodeRecord}'s text. Throws STORE_CORRUPT for anything that is not such a text. */
export function decodeRecord(text: string): unknown {
  try {
    return JSON.parse(text, (_key, member: unknown) => {
      if (typeof member !== 'object' || member === null) return member;
      const tagged = member as { readonly '#n'?: unknown; readonly '#b'?: unknown };
      if (typeof tagged['#n'] === 'string') return BigInt(tagged['#n']);
      if (typeof tagged['#b'] === 'string') return fromHex(tagged['#b']);
      return member;
    }) as unknown;
  } catch (cause) {
    throw new MidlockError('STORE_CORRUPT', { what: 'unreadable record' }, { cause });
  }
}
