import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Address } from '@midlock/protocol';
import {
  DEFAULT_LIMITS,
  ESCROW_ARTIFACT,
  deployEscrow,
  inspectEscrowCode,
  type EscrowLimits,
} from '../src/index.ts';
import { startAnvil, type Chain } from './support/anvil.ts';

const LIMITS: EscrowLimits = { ...DEFAULT_LIMITS, minDurationSec: 7n, payoutGas: 99_999n };
const OTHER = `0x${'5'.repeat(40)}` as Address;

let chain: Chain;
let chainId: bigint;
let escrow: Address;
let code: string;
beforeAll(async () => {
  chain = await startAnvil();
  chainId = (await chain.provider.getNetwork()).chainId;
  ({ address: escrow } = await deployEscrow(await chain.provider.getSigner(0), LIMITS));
  code = await chain.provider.getCode(escrow);
});
afterAll(() => chain.close());

/** The code with one byte changed. */
function flipped(byte: number): string {
  const at = 2 + 2 * byte;
  const value = Number.parseInt(code.slice(at, at + 2), 16) ^ 1;
  return code.slice(0, at) + value.toString(16).padStart(2, '0') + code.slice(at + 2);
}

describe('the code of an escrow', () => {
  it('as deployed differs in nothing and tells its limits', () => {
    expect(inspectEscrowCode(code, chainId, escrow)).toEqual({ differences: [], limits: LIMITS });
  });

  it('that was built for another chain or stands elsewhere is found out', () => {
    expect(inspectEscrowCode(code, 1n, escrow).differences.join()).toContain('_chainId');
    expect(inspectEscrowCode(code, chainId, OTHER).differences.join()).toContain('_cachedThis');
  });

  it('is compared in every byte outside the immutables', () => {
    const immutable = new Set(
      Object.values(ESCROW_ARTIFACT.immutableReferences)
        .flat()
        .flatMap(({ start, length }) => Array.from({ length }, (_, i) => start + i)),
    );
    const size = code.length / 2 - 1;
    for (let byte = 0; byte < size; byte += 97)
      if (!immutable.has(byte))
        expect(inspectEscrowCode(flipped(byte), chainId, escrow).differences).toEqual([
          'code of another program',
        ]);
  });

  it.each(Object.entries(ESCROW_ARTIFACT.immutableReferences))(
    'has the right value of %s at each of its places',
    (name, places) => {
      for (const { start } of places) {
        const { differences, limits } = inspectEscrowCode(flipped(start + 31), chainId, escrow);
        const chosen = /Duration|payout/.test(name);
        if (chosen && places.length === 1) expect(limits).not.toEqual(LIMITS);
        else expect(differences.join()).toContain(name);
      }
    },
  );

  it.each([
    ['nothing', '0x', 'no code'],
    ['another contract', '0x6000', 'another length'],
    ['the artifact itself', ESCROW_ARTIFACT.deployedBytecode, '_chainId'],
  ])('is not %s', (_what, other, difference) => {
    expect(inspectEscrowCode(other, chainId, escrow).differences.join()).toContain(difference);
  });
});
