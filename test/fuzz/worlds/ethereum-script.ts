import {
  ETH,
  isMidlockError,
  type LedgerUpdate,
  type SignedTransaction,
  type SwapTerms,
} from '@midlock/protocol';
import {
  createEthereumLedger,
  createMemoryNonceStore,
  type EthereumLedger,
  type Finality,
} from '@midlock/ledgers';
import { midlockErrors } from '../target.ts';
import { createLyingNodes, type LyingNodes } from './ethereum-endpoint.ts';
import { createFactJudge, type FactJudge } from './ethereum-facts.ts';
import {
  CHAIN_ID,
  ESCROW_ADDRESS,
  GENESIS_SEC,
  OTHER,
  SIGNER,
  TOKEN,
  swapAt,
} from './ethereum-swaps.ts';
import { readLies, type Lie } from './lies.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

/** What is done with the adapter, step by step, and how the first node lies meanwhile. */
export interface Script {
  readonly steps: readonly (readonly [name: string, ...args: readonly unknown[]])[];
  readonly lies: readonly Lie[];
  readonly finality: Finality;
}

/** What a step came to: a value, or the code of an error. */
export type Result = { readonly value: unknown } | { readonly code: string };

const MAX_STEPS = 12;
const POLL_MS = 4_000;
const MAX_UPDATES = 2_000;
const FINALITIES: readonly Finality[] = [
  { mode: 'tag' },
  { mode: 'depth', blocks: 3n },
  { mode: 'instant' },
  { mode: 'tag', tag: 'safe' },
];
const isStable = midlockErrors();

/** A script out of anything. */
export function readScript(value: unknown): Script {
  const { steps, lies, finality } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Record<string, unknown>;
  const list = Array.isArray(steps) ? (steps as unknown[]).slice(0, MAX_STEPS) : [];
  return {
    steps: list.map((step) =>
      Array.isArray(step) && typeof step[0] === 'string'
        ? ([step[0], ...(step as unknown[]).slice(1)] as const)
        : ['head'],
    ),
    lies: readLies(lies),
    finality: FINALITIES[number(finality) % FINALITIES.length] as Finality,
  };
}

/** Runs a script against so many nodes, of which that many must agree. Throws what no liar may bring about. */
export async function runScript(
  script: Script,
  { nodes, quorum }: { readonly nodes: number; readonly quorum: number },
): Promise<readonly Result[]> {
  const time = createVirtualTime(Number(GENESIS_SEC + 125n) * 1000);
  const world = createLyingNodes(nodes, script.lies, time);
  const judge = createFactJudge(world.told);
  const foreign: unknown[] = [];
  const ledger = createEthereumLedger({
    endpoints: world.urls,
    quorum,
    chainId: CHAIN_ID,
    escrow: ESCROW_ADDRESS,
    signer: SIGNER,
    finality: script.finality,
    startBlock: 1n,
    pollMs: POLL_MS,
    logRange: 8n,
    store: createMemoryNonceStore(),
    nowMs: () => time.nowMs(),
    onTrouble: (error) => {
      if (!isStable(error)) foreign.push(error);
    },
  });
  const realFetch = globalThis.fetch;
  globalThis.fetch = (url, init) => world.fetch(url, init);
  try {
    return await time.run(async () => {
      const results: Result[] = [];
      const state: State = { ledger, world, judge, time, transaction: undefined };
      for (const step of script.steps) {
        const result = await attempt(state, step);
        results.push(result);
        if (foreign.length > 0) throw foreign[0];
        // Two minutes of polls are dear, and whatever waits behind the same nonce waits as long again.
        if ('code' in result && result.code === 'TIMED_OUT') break;
      }
      judge.secrets();
      return results;
    });
  } finally {
    globalThis.fetch = realFetch;
    ledger.close();
  }
}

interface State {
  readonly ledger: EthereumLedger;
  readonly world: LyingNodes;
  readonly judge: FactJudge;
  readonly time: VirtualTime;
  transaction: SignedTransaction | undefined;
}

async function attempt(state: State, step: Script['steps'][number]): Promise<Result> {
  try {
    return { value: await perform(state, step) };
  } catch (error) {
    if (!isStable(error)) throw error;
    return { code: isMidlockError(error) ? error.code : '' };
  }
}

async function perform(state: State, [name, a, b]: Script['steps'][number]): Promise<unknown> {
  const { ledger, world, judge } = state;
  const swap = swapAt(number(a));
  const { terms, secret } = swap;
  const intents = {
    lock: { action: 'lock', terms },
    claim: { action: 'claim', terms, secret },
    refund: { action: 'refund', terms },
    release: { action: 'release', terms },
  } as const;
  switch (name) {
    case 'leg': {
      const view = await ledger.leg(terms);
      judge.leg(swap, view);
      return view;
    }
    case 'watch':
      return watch(state, a, Array.isArray(b) ? (b as unknown[]) : []);
    case 'lock':
    case 'claim':
    case 'refund':
    case 'release':
      return keep(
        state,
        await ledger.prepare(intents[name], { purpose: `${name} ${String(number(a))}` }),
      );
    case 'raise':
      return state.transaction === undefined
        ? undefined
        : keep(
            state,
            await ledger.prepare(intents.refund, {
              replaces: state.transaction,
              urgentBySec: GENESIS_SEC + 200n,
            }),
          );
    case 'submit':
      return state.transaction && ledger.submit(state.transaction);
    case 'outcome': {
      const { transaction } = state;
      if (transaction === undefined) return undefined;
      const outcome = await ledger.outcome(transaction);
      judge.outcome(transaction, outcome);
      return outcome;
    }
    case 'abandon':
      return state.transaction && ledger.abandon(state.transaction);
    case 'tend':
      return ledger.tend();
    case 'books':
      return ledger.conservation([ETH, TOKEN]);
    case 'mine':
      world.chain.mine();
      return undefined;
    case 'reorg':
      world.chain.reorg(number(a), b === true);
      return undefined;
    default:
      return account(state, name, terms, b);
  }
}

async function account(
  state: State,
  name: string,
  terms: SwapTerms,
  other: unknown,
): Promise<unknown> {
  const { ledger } = state;
  const { token } = terms.ethereum;
  const second = swapAt(number(other));
  switch (name) {
    case 'balance':
      return [
        await ledger.account.balance(token),
        await ledger.account.tokenBalance(token),
        await ledger.account.allowance(TOKEN),
      ];
    case 'slots':
      return ledger.account.freeSlots(3, new Set([0n]));
    case 'deposit':
      return ledger.account.deposit(token, 5n);
    case 'withdraw':
      return ledger.account.withdraw(token, 5n);
    case 'approve':
      return ledger.account.approve(TOKEN, 5n);
    case 'transfer':
      return ledger.account.transfer(token, OTHER, 5n);
    case 'lock-many':
      return keep(state, await ledger.batches.lockMany([terms, second.terms]));
    case 'claim-many':
      return keep(state, await ledger.batches.claimMany([{ terms, secret: swapSecret(terms) }]));
    case 'refund-many':
      return keep(state, await ledger.batches.refundMany([terms, second.terms]));
    default:
      return ledger.head();
  }
}

function swapSecret({ hashLock }: SwapTerms): Uint8Array {
  for (let i = 0; i < 8; i += 1) if (swapAt(i).terms.hashLock === hashLock) return swapAt(i).secret;
  return new Uint8Array(32);
}

function keep(state: State, transaction: SignedTransaction): string {
  state.judge.prepared(transaction);
  state.transaction = transaction;
  return transaction.txId;
}

/** Follows from a cursor while the chain goes on: one action after every other poll, then one poll more. */
async function watch(
  { ledger, world, judge, time }: State,
  from: unknown,
  actions: readonly unknown[],
): Promise<readonly LedgerUpdate[]> {
  const stop = new AbortController();
  const updates: LedgerUpdate[] = [];
  const cursor =
    typeof from === 'number'
      ? {
          height: BigInt(number(from) % world.chain.blocks.length),
          hash: world.chain.blocks[number(from) % world.chain.blocks.length]?.hash ?? '',
        }
      : undefined;
  judge.follow(cursor);
  const some = actions.slice(0, 6);
  for (const [i, action] of some.entries())
    setTimeout(
      () => {
        if (action === 'mine') world.chain.mine();
        else world.chain.reorg(number(action), number(action) > 4);
      },
      POLL_MS * (1.5 + i),
    );
  setTimeout(
    () => {
      stop.abort();
    },
    POLL_MS * (2.7 + some.length),
  );
  for await (const update of ledger.watch(cursor, stop.signal)) {
    time.touch();
    judge.update(update);
    updates.push(update);
    if (updates.length > MAX_UPDATES) throw new RangeError('updates without an end');
  }
  return updates.filter(({ kind }) => kind !== 'secret');
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? Math.abs(value) : 0;
}
