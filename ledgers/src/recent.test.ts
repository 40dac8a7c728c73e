import { describe, expect, it } from 'vitest';
import { createRecent } from './recent.ts';

describe('createRecent', () => {
  it('forgets what was put first once it is full', () => {
    const recent = createRecent<number, string>(2);
    for (const key of [1, 2, 3]) recent.set(key, `value ${String(key)}`);
    expect([1, 2, 3].map((key) => recent.get(key))).toEqual([undefined, 'value 2', 'value 3']);
  });

  it('takes an entry that is put again for the newest', () => {
    const recent = createRecent<number, string>(2);
    for (const key of [1, 2, 1, 3]) recent.set(key, 'any');
    expect([1, 2, 3].map((key) => recent.has(key))).toEqual([true, false, true]);
  });

  it('has room again for what was deleted', () => {
    const recent = createRecent<number, string>(2);
    recent.set(1, 'any');
    recent.set(2, 'any');
    recent.delete(2);
    recent.set(3, 'any');
    expect([1, 2, 3].map((key) => recent.has(key))).toEqual([true, false, true]);
  });
});
