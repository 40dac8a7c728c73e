import type {
  EthereumBlock,
  EthereumCall,
  EthereumModel,
  FabricBlock,
  FabricModel,
} from '@midlock/client/model';
import { memoSwapId } from '@midlock/client/model';
import type { Address, SwapProfile } from '@midlock/protocol';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What the networks do at the moment; episodes of the fault plan change it. */
export interface NetworkMood {
  /** No slot brings a block. */
  stalled: boolean;
  /** Nothing becomes final. */
  finalityStalled: boolean;
  /** Transactions that pay less are not taken. */
  baseFee: bigint;
  /** Longest time that an envelope spends in the orderer, milliseconds. */
  ordererMs: number;
  /** Longest time that a transaction waits in the pool, milliseconds. */
  inclusionMs: number;
  /** Calls that no block takes. */
  censored: (call: EthereumCall) => boolean;
}

export interface Chains {
  readonly mood: NetworkMood;
  /** Hands an envelope to the orderer, which takes its time. */
  order(bytes: Uint8Array): void;
  /** Replaces up to `depth` blocks by others with older times. Returns how many were replaced. */
  reorg(depth: number, fate: 'pool' | 'lost', withinBounds: boolean): number;
  /** Replaces up to `depth` blocks below the head, final ones among them. False when none of them is final. */
  reverse(depth: number, fate: 'pool' | 'lost'): boolean;
  /** Drops a transaction from every pool. */
  dropOne(withinBounds: boolean): boolean;
  start(): void;
}

export interface ChainsOptions {
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly profile: SwapProfile;
  readonly slotMs: number;
  readonly batchMs: number;
  /** Whose transactions the bounds protect. */
  readonly honest: ReadonlySet<Address>;
  readonly onBlock: (block: EthereumBlock | FabricBlock, ledger: 'fabric' | 'ethereum') => void;
  readonly onReorg: () => void;
  /** Final blocks were replaced. */
  readonly onReversal: () => void;
  readonly onNews: () => void;
}

/** Makes the blocks of both networks, in the seed's own time and order. */
export function createChains(options: ChainsOptions): Chains {
  const { fabric, ethereum, scheduler, random, profile, slotMs, batchMs } = options;
  const { inclusionSec, finalitySec, reorgSpanSec } = profile.ethereum;
  const boundMs = Number(inclusionSec) * 1000 - 2 * slotMs;
  const mood: NetworkMood = {
    stalled: false,
    finalityStalled: false,
    baseFee: 1n,
    ordererMs: 0,
    inclusionMs: Math.max(0, boundMs),
    censored: () => false,
  };
  /** When the call of an account and nonce is to be included at the latest. */
  const dueMs = new Map<string, number>();
  /** How often the transactions of one leg and action were thrown out. */
  const thrownOut = new Map<string, number>();

  const nowSec = (): bigint => BigInt(Math.floor(scheduler.nowMs / 1000));

  function dueOf(call: EthereumCall): number {
    const known = dueMs.get(laneOf(call));
    if (known !== undefined) return known;
    const due = scheduler.nowMs + random.extreme(0, mood.inclusionMs);
    dueMs.set(laneOf(call), due);
    return due;
  }

  /** Calls that this block takes: what is due, and everything of the same account below it. */
  function chooseCalls(): (call: EthereumCall) => boolean {
    const upTo = new Map<Address, bigint>();
    for (const { call } of ethereum.pool()) {
      if (dueOf(call) > scheduler.nowMs) continue;
      const top = upTo.get(call.from) ?? -1n;
      if (call.nonce > top) upTo.set(call.from, call.nonce);
    }
    return (call) =>
      !mood.censored(call) &&
      call.fee >= mood.baseFee &&
      (call.nonce <= (upTo.get(call.from) ?? -1n) || dueOf(call) <= scheduler.nowMs);
  }

  function slot(): void {
    const parent = ethereum.blocks.at(-1);
    const timeSec = nowSec();
    const choose = chooseCalls();
    if (!mood.stalled && parent !== undefined && timeSec > parent.timeSec) {
      options.onBlock(ethereum.mine(timeSec, choose), 'ethereum');
      finalize();
      options.onNews();
    }
    scheduler.after(slotMs, 'slot', slot);
  }

  function finalize(): void {
    if (mood.finalityStalled) return;
    const before = nowSec() - finalitySec + 1n;
    const next = ethereum.blocks[Number(ethereum.finalizedHeight) + 1];
    if (next === undefined || next.timeSec > before) return;
    let height = next.height;
    for (
      let at = Number(height) + 1;
      (ethereum.blocks[at]?.timeSec ?? before + 1n) <= before;
      at += 1
    )
      height += 1n;
    ethereum.finalize(height);
  }

  function batch(): void {
    const block = fabric.cut();
    if (block !== undefined) {
      options.onBlock(block, 'fabric');
      options.onNews();
    }
    scheduler.after(batchMs, 'batch', batch);
  }

  /** Counts once more that a leg's transactions were thrown out; false when that would be beyond the bound. */
  function mayThrowOut(calls: readonly EthereumCall[]): boolean {
    const keys = new Set(
      calls.flatMap(({ terms, action, from }) =>
        terms !== undefined && options.honest.has(from) ? [`${memoSwapId(terms)}/${action}`] : [],
      ),
    );
    for (const key of keys)
      if ((thrownOut.get(key) ?? 0) >= Number(profile.party.thrownOut)) return false;
    for (const key of keys) thrownOut.set(key, (thrownOut.get(key) ?? 0) + 1);
    return true;
  }

  return {
    mood,
    order(bytes) {
      if (mood.ordererMs === 0) fabric.order(bytes);
      else
        scheduler.after(random.extreme(0, mood.ordererMs), 'orders', () => {
          fabric.order(bytes);
        });
    },
    reorg(depth, fate, withinBounds) {
      const oldest = nowSec() - reorgSpanSec;
      const gone = ethereum.blocks
        .slice(-depth)
        .filter(
          ({ height, timeSec }) =>
            height > ethereum.finalizedHeight && (!withinBounds || timeSec > oldest),
        );
      const calls = gone.flatMap((block) => block.calls);
      if (gone.length === 0 || (withinBounds && !mayThrowOut(calls))) return 0;
      ethereum.reorg(gone.length, fate);
      for (const call of calls) dueMs.delete(laneOf(call));
      options.onReorg();
      rebuild(gone.length, withinBounds ? oldest : 0n);
      options.onNews();
      return gone.length;
    },
    reverse(depth, fate) {
      const gone = ethereum.blocks.slice(1).slice(-depth);
      if (gone.every(({ height }) => height > ethereum.finalizedHeight)) return false;
      ethereum.reorg(gone.length, fate, 'final-too');
      for (const { calls } of gone) for (const call of calls) dueMs.delete(laneOf(call));
      options.onReversal();
      rebuild(gone.length, 0n);
      options.onNews();
      return true;
    },
    dropOne(withinBounds) {
      const pool = ethereum.pool();
      if (pool.length === 0) return false;
      const { txId, call } = random.pick(pool);
      if (withinBounds && !mayThrowOut([call])) return false;
      dueMs.delete(laneOf(call));
      ethereum.drop(txId);
      return true;
    },
    start() {
      scheduler.after(random.int(slotMs), 'slot', slot);
      scheduler.after(random.int(batchMs), 'batch', batch);
    },
  };

  /** The other branch: as many blocks with times between the fork and now, each later than its parent. */
  function rebuild(count: number, oldest: bigint): void {
    for (let left = count; left > 0; left -= 1) {
      const parent = ethereum.blocks.at(-1);
      const latest = nowSec() - BigInt(left - 1);
      const after = parent === undefined || parent.timeSec < oldest ? oldest : parent.timeSec;
      if (after >= latest) continue;
      const timeSec = after + 1n + BigInt(random.int(Number(latest - after)));
      const lucky = random.chance(0.5);
      const choose = chooseCalls();
      options.onBlock(
        ethereum.mine(timeSec, (call) => (lucky && !mood.censored(call)) || choose(call)),
        'ethereum',
      );
    }
    finalize();
  }
}

function laneOf({ from, nonce }: EthereumCall): string {
  return `${from} ${String(nonce)}`;
}
