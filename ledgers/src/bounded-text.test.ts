import { describe, expect, it } from 'vitest';
import { readBoundedText } from './bounded-text.ts';

/** An answer that goes on for ever, and how many pieces were taken from it. */
function endless(): { readonly response: Response; readonly taken: () => number } {
  let pieces = 0;
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pieces += 1;
      controller.enqueue(new Uint8Array(1024).fill(0x61));
    },
    cancel: () => {
      cancelled = true;
    },
  });
  return { response: new Response(body), taken: () => (cancelled ? pieces : Infinity) };
}

describe('an answer', () => {
  it('is read whole up to the limit, whatever piece a character is cut in', async () => {
    const bytes = new TextEncoder().encode('{"é":"🎉"}');
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await readBoundedText(new Response(body), bytes.length)).toBe('{"é":"🎉"}');
    expect(await readBoundedText(new Response(null), 1)).toBe('');
  });

  it('that never ends is left after the limit', async () => {
    const { response, taken } = endless();
    expect(await readBoundedText(response, 10_000)).toBeUndefined();
    expect(taken()).toBeLessThan(20);
  });
});
