import type * as Mcl from 'mcl-wasm';
import { describe, expect, it, vi } from 'vitest';
import { loadMclEngine } from './mcl-engine.ts';

/** A build that maps to the curve in another mode: everything else is right. */
vi.mock('mcl-wasm', async (load) => {
  const mcl = await load<typeof Mcl>();
  return { ...mcl, setMapToMode: () => undefined };
});

describe('the accelerator', () => {
  it('is not handed out when it differs from noble', async () => {
    await expect(loadMclEngine()).rejects.toMatchObject({ code: 'CRYPTO_ENGINE' });
  });
});
