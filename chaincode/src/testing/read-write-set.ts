/** A range that a simulation read: what it found, to be compared with what it would find at commit. */
export interface RangeRead {
  readonly start: string;
  readonly end: string;
  readonly found: readonly (readonly [key: string, version: string])[];
}

/** What one simulation read and wrote, sorted, as Fabric would sign it. */
export interface ReadWriteSet {
  readonly reads: readonly (readonly [key: string, version: string | null])[];
  readonly ranges: readonly RangeRead[];
  /** null deletes. */
  readonly writes: readonly (readonly [key: string, value: string | null])[];
}
