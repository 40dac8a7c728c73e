/** The input that runs at this moment, in memory that the supervisor reads even when the worker never comes back. */
export interface SharedCell {
  put(input: Uint8Array): void;
  get(): Uint8Array;
  /** Grows with each input; 0 before the first. */
  count(): number;
}

const HEADER = 8;
const CAPACITY = 1 << 20;

export function createCellBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER + CAPACITY);
}

export function openCell(buffer: SharedArrayBuffer): SharedCell {
  const header = new Int32Array(buffer, 0, 2);
  const body = new Uint8Array(buffer, HEADER);
  return {
    put: (input) => {
      const kept = input.subarray(0, CAPACITY);
      body.set(kept);
      Atomics.store(header, 1, kept.length);
      Atomics.add(header, 0, 1);
    },
    get: () => body.slice(0, Atomics.load(header, 1)),
    count: () => Atomics.load(header, 0),
  };
}
