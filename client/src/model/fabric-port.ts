import {
  MidlockError,
  swapIdOf,
  type Cursor,
  type FabricAccount,
  type LedgerIntent,
  type SignedTransaction,
} from '@midlock/protocol';
import type { LedgerPort } from '../ports.ts';
import type { Bell } from './bell.ts';
import { ModelRefusal, type FabricModel } from './fabric-model.ts';
import { followModel } from './follow.ts';

export interface FabricPortOptions {
  readonly account: FabricAccount;
  /** How many organisations endorse. */
  readonly endorsements: number;
  /** Draws a fresh proposal nonce. */
  readonly nonce: () => string;
}

/** One party's view of the Fabric model: it chooses organisations and stamps as the real adapter does. */
export function createFabricPort(
  model: FabricModel,
  bell: Bell,
  options: FabricPortOptions,
): LedgerPort {
  /** A claim never goes to the counterparty's organisation; each wish is stamped inside all chosen windows. */
  function endorse(intent: LedgerIntent): SignedTransaction {
    const { action, terms } = intent;
    const shunned = action === 'claim' ? terms.fabric.owner.mspId : undefined;
    const candidates = model.organizations.filter(({ mspId }) => mspId !== shunned);
    const { secret } = intent as { readonly secret?: Uint8Array };
    let refusal: unknown = new MidlockError('ENDORSEMENT_MISSING');
    for (const chosen of combinations(candidates, options.endorsements)) {
      const clocks = chosen.map(({ offsetSec }) => model.timeSec + offsetSec);
      const [low, high] = [
        clocks.reduce((a, b) => (a < b ? a : b)),
        clocks.reduce((a, b) => (a > b ? a : b)),
      ];
      const stampSec = action === 'refund' ? high : low;
      try {
        const proposal = {
          creator: options.account,
          action,
          terms,
          stampSec,
          nonce: options.nonce(),
          ...(secret === undefined ? {} : { secret }),
        };
        const { txId, bytes } = model.endorse(
          proposal,
          chosen.map(({ mspId }) => mspId),
        );
        return { ledger: 'fabric', txId, bytes };
      } catch (error) {
        refusal = error instanceof ModelRefusal ? new MidlockError(error.code) : error;
      }
    }
    throw refusal;
  }

  return {
    ledger: 'fabric',
    head: () => {
      const tip = model.blocks.at(-1);
      const fastest = model.organizations.reduce(
        (most, { offsetSec }) => (offsetSec > most ? offsetSec : most),
        -1_000_000n,
      );
      return Promise.resolve({
        height: tip?.height ?? 0n,
        hash: tip?.hash ?? '',
        timeSec: model.timeSec + fastest,
        finalizedHeight: tip?.height ?? 0n,
      });
    },
    prepare: (intent) =>
      new Promise((resolve) => {
        resolve(endorse(intent));
      }),
    submit({ bytes }) {
      model.order(bytes);
      bell.ring();
      return Promise.resolve();
    },
    outcome({ txId }) {
      const receipt = model.receipt(txId);
      if (receipt === undefined)
        return Promise.resolve({ kind: model.queued(txId) ? 'pending' : 'unknown' });
      return Promise.resolve(
        receipt.code === 'VALID'
          ? { kind: 'valid', at: receipt.at, final: true }
          : { kind: 'invalid', at: receipt.at, code: receipt.code, final: true },
      );
    },
    leg(terms) {
      const swapId = swapIdOf(terms);
      const mid = model.midAccount(swapId);
      const at = model.blocks
        .flatMap(({ facts }) => facts)
        .findLast((fact) => fact.swapId === swapId)?.at;
      if (mid === undefined || at === undefined) return Promise.resolve({ state: 'none' });
      switch (mid.state) {
        case 'locked':
          return Promise.resolve({ state: 'locked', final: true, at });
        case 'claimed':
          return Promise.resolve({
            state: 'claimed',
            final: true,
            at,
            secret: mid.secret ?? new Uint8Array(),
          });
        case 'declined':
          return Promise.resolve({ state: 'declined', final: true, at });
        case 'refunded':
        case 'released':
          return Promise.resolve({ state: 'refunded', final: true, at });
      }
    },
    watch: (cursor: Cursor | undefined, signal) =>
      followModel(
        {
          ledger: 'fabric',
          blocks: () => model.blocks,
          finalizedHeight: () => model.blocks.at(-1)?.height ?? 0n,
          strayed: () => [],
        },
        bell,
        cursor,
        signal,
      ),
  };
}

function combinations<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, index) =>
    combinations(items.slice(index + 1), size - 1).map((rest) => [item, ...rest]),
  );
}
