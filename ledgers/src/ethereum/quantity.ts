/** A number as JSON-RPC wants it: `0x` and hex without leading zeros. */
export function quantity(value: bigint): `0x${string}` {
  return `0x${value.toString(16)}`;
}
