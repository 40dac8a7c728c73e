/** What can be written canonically. `bigint` becomes a decimal string; `undefined` members are left out. */
export type Canonical =
  | string
  | boolean
  | null
  | bigint
  | number
  | readonly Canonical[]
  | { readonly [key: string]: Canonical | undefined };

/**
 * JSON with keys in code-unit order, no white space, and no number that two machines could print differently.
 * Money and heights are decimal strings; the only numbers allowed are safe integers (versions, counts).
 * Throws TypeError for a fraction, an unsafe integer or a value that JSON cannot hold: those are faults of the program.
 */
export function canonicalJson(value: Canonical | object): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'bigint') return `"${String(value)}"`;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value))
      throw new TypeError(`canonicalJson: not a safe integer: ${String(value)}`);
    return String(value);
  }
  if (Array.isArray(value))
    return `[${value.map((item: Canonical) => canonicalJson(item)).join(',')}]`;
  if (typeof value === 'object') {
    const record = value as Readonly<Record<string, Canonical | undefined>>;
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key] as Canonical)}`);
    return `{${members.join(',')}}`;
  }
  throw new TypeError(`canonicalJson: cannot write ${typeof value}`);
}
