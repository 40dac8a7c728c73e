import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Batcher, type BatchOptions } from './batcher.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const envelope = (id: string, size = id.length): Uint8Array => Buffer.from(id.padEnd(size));

function newBatcher(options: Partial<BatchOptions> = {}) {
  const blocks: string[][] = [];
  const idOf = (bytes: Uint8Array) => Buffer.from(bytes).toString().trim();
  const batcher = new Batcher(
    { timeoutMs: 100, maxMessages: 3, preferredMaxBytes: 100, ...options },
    idOf,
    (envelopes) => blocks.push(envelopes.map(idOf)),
  );
  return { batcher, blocks };
}

test('cuts at the number of messages, at once', () => {
  const { batcher, blocks } = newBatcher();
  for (const id of ['a', 'b', 'c', 'd']) batcher.add(envelope(id));
  expect(blocks).toEqual([['a', 'b', 'c']]);
  expect(batcher.pending).toEqual(['d']);
});

test('cuts at the time-out of the first that waits, not of the last', () => {
  const { batcher, blocks } = newBatcher();
  batcher.add(envelope('a'));
  vi.advanceTimersByTime(60);
  batcher.add(envelope('b'));
  vi.advanceTimersByTime(39);
  expect(blocks).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(blocks).toEqual([['a', 'b']]);
  batcher.add(envelope('c'));
  vi.advanceTimersByTime(99);
  expect(blocks.length).toBe(1);
  vi.advanceTimersByTime(1);
  expect(blocks).toEqual([['a', 'b'], ['c']]);
});

test('cuts before the envelope that would exceed the octets; a larger one stands alone', () => {
  const { batcher, blocks } = newBatcher();
  batcher.add(envelope('a', 60));
  batcher.add(envelope('b', 40));
  batcher.add(envelope('c', 1));
  expect(blocks).toEqual([['a', 'b']]);
  batcher.add(envelope('huge', 500));
  expect(blocks).toEqual([['a', 'b'], ['c'], ['huge']]);
});

test('an empty block is never cut', () => {
  const { batcher, blocks } = newBatcher();
  batcher.cutNow();
  batcher.pause();
  batcher.resume();
  expect(blocks).toEqual([]);
});

test('paused, neither number, octets nor time cut; resumed, all go into one block in order', () => {
  const { batcher, blocks } = newBatcher();
  batcher.add(envelope('a'));
  batcher.pause();
  for (const id of ['b', 'c', 'd', 'e']) batcher.add(envelope(id, 60));
  vi.advanceTimersByTime(1000);
  expect(blocks).toEqual([]);
  batcher.resume();
  expect(blocks).toEqual([['a', 'b', 'c', 'd', 'e']]);
  batcher.add(envelope('f'));
  vi.advanceTimersByTime(100);
  expect(blocks.at(-1)).toEqual(['f']);
});

test('reorder puts the named ones first and keeps the order of the others', () => {
  const { batcher, blocks } = newBatcher({ maxMessages: 10 });
  for (const id of ['a', 'b', 'c', 'd']) batcher.add(envelope(id));
  batcher.reorder(['d', 'unknown', 'b']);
  expect(batcher.pending).toEqual(['d', 'b', 'a', 'c']);
  batcher.cutNow();
  expect(blocks).toEqual([['d', 'b', 'a', 'c']]);
});

test('what is withheld waits for its release, whether it came before or after, and releases once', () => {
  const { batcher, blocks } = newBatcher();
  batcher.add(envelope('a'));
  batcher.withhold('a');
  batcher.withhold('b');
  batcher.add(envelope('b'));
  expect(batcher.pending).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(blocks).toEqual([]);
  batcher.release('b');
  batcher.release('b');
  batcher.release('unknown');
  expect(batcher.pending).toEqual(['b']);
  vi.advanceTimersByTime(100);
  batcher.release('a');
  vi.advanceTimersByTime(100);
  expect(blocks).toEqual([['b'], ['a']]);
});

test('octets of what was withheld do not count for the next block', () => {
  const { batcher, blocks } = newBatcher();
  batcher.add(envelope('large', 90));
  batcher.withhold('large');
  batcher.add(envelope('a', 50));
  batcher.add(envelope('b', 50));
  expect(blocks).toEqual([]);
  expect(batcher.pending).toEqual(['a', 'b']);
});

test('clear forgets what waits and what is withheld; close stops the clock', () => {
  const { batcher, blocks } = newBatcher();
  batcher.withhold('a');
  batcher.add(envelope('a'));
  batcher.add(envelope('b'));
  batcher.clear();
  batcher.release('a');
  vi.advanceTimersByTime(1000);
  expect(blocks).toEqual([]);
  batcher.add(envelope('c'));
  batcher.close();
  vi.advanceTimersByTime(1000);
  expect(blocks).toEqual([]);
});
