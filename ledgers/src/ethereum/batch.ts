import { encodeClaimMany, encodeLockMany, encodeRefundMany, type FreeSlot } from '@midlock/evm';
import {
  MidlockError,
  type Address,
  type SignedTransaction,
  type SwapTerms,
} from '@midlock/protocol';
import { lockManyGas, settleManyGas } from './gas-limits.ts';
import { standingLock, type PrepareOptions } from './prepare.ts';
import type { Urgency } from './sender.ts';

/** Transactions for many swaps of one token. Entries that are settled or taken meanwhile are skipped by the contract. */
export interface Batches {
  /** Locks from the balance in the escrow. Throws BALANCE_INSUFFICIENT, LOCK_EXISTS, NOT_OWNER, ARGUMENT_INVALID (two tokens). */
  lockMany(swaps: readonly SwapTerms[], urgency?: Urgency): Promise<SignedTransaction>;
  /** Reveals every secret of the batch at once. Throws LOCK_UNKNOWN, LOCK_SETTLED. */
  claimMany(
    claims: readonly { readonly terms: SwapTerms; readonly secret: Uint8Array }[],
    urgency?: Urgency,
  ): Promise<SignedTransaction>;
  refundMany(swaps: readonly SwapTerms[], urgency?: Urgency): Promise<SignedTransaction>;
}

/** A transaction stays below the 2^24 gas that Osaka allows. */
const MAX_BATCH = 100;

export function createBatches(options: PrepareOptions): Batches {
  const { escrow, account, sender, payoutGas } = options;

  async function lockMany(
    swaps: readonly SwapTerms[],
    urgency: Urgency = {},
  ): Promise<SignedTransaction> {
    checkSize(swaps.length);
    for (const terms of swaps) {
      const { owner } = terms.ethereum;
      if (owner !== sender.account)
        throw new MidlockError('NOT_OWNER', { owner, account: sender.account });
    }
    const views = await Promise.all(swaps.map((terms) => options.leg(terms)));
    const exists = views.findIndex(({ state }) => state !== 'none');
    if (exists >= 0) throw new MidlockError('LOCK_EXISTS', { entry: exists });
    return sender.lane.choosingSlots(async ({ slots }) => {
      const places = await account.freeSlots(swaps.length, slots);
      const locks = swaps.map((terms, i) => ({
        terms,
        choice: { ...(places[i] as FreeSlot), direct: false },
      }));
      const call = {
        to: escrow,
        data: encodeLockMany(oneToken(swaps.map(({ ethereum }) => ethereum.token)), locks),
        value: 0n,
        gasLimit: lockManyGas(swaps.length),
      };
      await account.simulate(call);
      return sender.sign(call, { ...urgency, slots: places.map(({ slot }) => slot) });
    });
  }

  return {
    lockMany,
    claimMany: async (claims, urgency = {}) => {
      checkSize(claims.length);
      const items = await Promise.all(
        claims.map(async ({ terms, secret }) => ({
          lock: await standingLock(options, terms),
          secret,
        })),
      );
      const gasLimit = settleManyGas(
        items.map(({ lock }) => lock),
        await payoutGas(),
      );
      return sender.sign(
        {
          to: escrow,
          data: encodeClaimMany(oneToken(items.map(({ lock }) => lock.token)), items),
          value: 0n,
          gasLimit,
        },
        urgency,
      );
    },
    refundMany: async (swaps, urgency = {}) => {
      checkSize(swaps.length);
      const locks = await Promise.all(swaps.map((terms) => standingLock(options, terms)));
      const gasLimit = settleManyGas(locks, await payoutGas());
      return sender.sign(
        {
          to: escrow,
          data: encodeRefundMany(oneToken(locks.map(({ token }) => token)), locks),
          value: 0n,
          gasLimit,
        },
        urgency,
      );
    },
  };
}

function checkSize(count: number): void {
  if (count < 1 || count > MAX_BATCH)
    throw new MidlockError('ARGUMENT_INVALID', {
      name: 'batch',
      expected: `1 to ${String(MAX_BATCH)}`,
    });
}

/** A batch moves one token. Throws ARGUMENT_INVALID. */
function oneToken(tokens: readonly Address[]): Address {
  const [token] = tokens;
  if (token !== undefined && tokens.every((other) => other === token)) return token;
  throw new MidlockError('ARGUMENT_INVALID', { name: 'batch', expected: 'one token' });
}
