/** Orders keys as LevelDB does: by their UTF-8 bytes, which differs from JavaScript's order beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
