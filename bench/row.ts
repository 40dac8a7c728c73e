/** One measured figure beside what it is compared with. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** A published figure of the same quantity, with its source. */
  readonly reference: { readonly value: number; readonly source: string } | null;
  /** The physical limit, measured in the same run. */
  readonly limit: { readonly value: number; readonly how: string } | null;
  /** value over limit (or over reference where there is no limit). */
  readonly ratio: number | null;
}

/** A row whose ratio follows from what it is compared with. */
export function rowOf(
  figure: Pick<Row, 'name' | 'unit' | 'value'> & Partial<Pick<Row, 'reference' | 'limit'>>,
): Row {
  const { name, unit, value, reference = null, limit = null } = figure;
  const base = (limit ?? reference)?.value;
  return { name, unit, value, reference, limit, ratio: base === undefined ? null : value / base };
}

/** What every bench module exports as `run`. */
export interface BenchOptions {
  /** Fewer repetitions, for a first look; figures are marked by the caller. */
  readonly quick: boolean;
  /** Progress lines; goes to standard error. */
  readonly progress: (line: string) => void;
}
