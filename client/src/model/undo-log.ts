/** A map whose changes can be taken back block by block. */
export interface UndoMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[string, V]>;
}

/** Maps that share one log of changes: `mark` opens a block, `undo` restores what stood before the last one. */
export interface UndoLog {
  map<V>(): UndoMap<V>;
  mark(): void;
  undo(): void;
}

export function createUndoLog(): UndoLog {
  const blocks: (() => void)[][] = [[]];
  const remember = (restore: () => void): void => {
    blocks.at(-1)?.push(restore);
  };
  return {
    map<V>(): UndoMap<V> {
      const inner = new Map<string, V>();
      const save = (key: string): void => {
        const [had, value] = [inner.has(key), inner.get(key)];
        remember(() => {
          if (had) inner.set(key, value as V);
          else inner.delete(key);
        });
      };
      return {
        get: (key) => inner.get(key),
        set: (key, value) => {
          save(key);
          inner.set(key, value);
        },
        delete: (key) => {
          save(key);
          inner.delete(key);
        },
        values: () => inner.values(),
        entries: () => inner.entries(),
      };
    },
    mark: () => {
      blocks.push([]);
    },
    undo: () => {
      for (const restore of (blocks.pop() ?? []).reverse()) restore();
    },
  };
}
