/** Where a command writes: results to standard output, progress to standard error. */
export interface Output {
  readonly json: boolean;
  /** The result, once: an object in JSON mode, the rendered text otherwise. */
  result(value: object, text: string): void;
  /** A progress line for people; nothing that a script should read. */
  progress(line: string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result: (value, text) => process.stdout.write(`${json ? toJson(value) : text}\n`),
    progress: (line) => process.stderr.write(`${line}\n`),
  };
}

/** JSON with bigint as decimal strings and bytes as hex. */
export function toJson(value: object): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (typeof member === 'bigint') return String(member);
    if (member instanceof Uint8Array) return `0x${Buffer.from(member).toString('hex')}`;
    return member;
  });
}

/** Aligned columns, the first row as heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
