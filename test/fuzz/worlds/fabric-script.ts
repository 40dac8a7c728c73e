import { isDeepStrictEqual } from 'node:util';
import { toHex32, type LedgerUpdate, type SignedTransaction } from '@midlock/protocol';
import { createFabricIdentity, createFabricLedger, type FabricLedger } from '@midlock/ledgers';
import { testPems } from '@midlock/client/testing';
import { parseBlock } from '../../../ledgers/src/fabric/block.ts';
import { factsOf } from '../../../ledgers/src/fabric/facts.ts';
import { midlockErrors } from '../target.ts';
import { GENESIS_SEC, SWAPS, swapAt } from './ethereum-swaps.ts';
import {
  CHAINCODE,
  CHANNEL,
  ORGANIZATIONS,
  createFabricChain,
  envelopeIn,
  type FabricChain,
} from './fabric-chain.ts';
import { answerCalls } from './fabric-gateways.ts';
import { amountIn, readLies, type Lie } from './lies.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

export interface FabricScript {
  readonly steps: readonly (readonly unknown[])[];
  readonly lies: readonly Lie[];
}

const START_MS = Number(GENESIS_SEC + 125n) * 1000;
const MAX_STEPS = 8;
const WATCH_MS = 12_000;
const isStable = midlockErrors();
const PEMS = testPems(0);

export function readFabricScript(value: unknown): FabricScript {
  const { steps, lies } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >;
  const list = Array.isArray(steps) ? (steps as unknown[]).slice(0, MAX_STEPS) : [];
  return {
    steps: list.map((step) => (Array.isArray(step) ? (step as unknown[]) : [])),
    lies: readLies(lies),
  };
}

/** Runs the adapter against three organisations, two of which must agree and one of which lies. Throws what it believed wrongly. */
export async function runFabricScript(script: FabricScript): Promise<void> {
  const time = createVirtualTime(START_MS);
  const chain = createFabricChain();
  const restore = answerCalls(chain, script.lies, time);
  const foreign: unknown[] = [];
  try {
    const ledger = await createFabricLedger({
      channel: CHANNEL,
      chaincode: CHAINCODE,
      organizations: ORGANIZATIONS.map((mspId, i) => ({
        mspId,
        gateway: `127.0.0.1:${String(1001 + i)}`,
      })),
      identity: createFabricIdentity('Org1MSP', PEMS.certificate, PEMS.key),
      endorsements: 2,
      nowMs: () => time.nowMs(),
      onTrouble: (error) => {
        if (!isStable(error)) foreign.push(error);
      },
    });
    try {
      await time.run(async () => {
        const state: State = { ledger, chain, time, transaction: undefined };
        for (const step of script.steps) {
          await attempt(state, step);
          if (foreign.length > 0) throw foreign[0];
        }
      });
    } finally {
      ledger.close();
    }
  } finally {
    restore();
  }
}

interface State {
  readonly ledger: FabricLedger;
  readonly chain: FabricChain;
  readonly time: VirtualTime;
  transaction: SignedTransaction | undefined;
}

async function attempt(state: State, step: readonly unknown[]): Promise<void> {
  try {
    await perform(state, step);
  } catch (error) {
    if (!isStable(error)) throw error;
  }
}

async function perform(state: State, [name, a]: readonly unknown[]): Promise<void> {
  const { ledger } = state;
  const { terms, secret } = swapAt(amountIn(a));
  switch (name) {
    case 'leg':
      return leg(state, amountIn(a) % SWAPS.length);
    case 'watch':
      return watch(state);
    case 'lock': {
      const fabric = { ...terms.fabric, owner: ledger.account };
      keep(state, await ledger.prepare({ action: 'lock', terms: { ...terms, fabric } }));
      return;
    }
    case 'refund':
    case 'release':
    case 'decline':
      keep(state, await ledger.prepare({ action: name, terms }));
      return;
    case 'claim':
      keep(state, await ledger.prepare({ action: 'claim', terms, secret }));
      return;
    case 'submit':
      if (state.transaction !== undefined) await ledger.submit(state.transaction);
      return;
    case 'outcome':
      return outcome(state);
    case 'mint':
      await ledger.assets.mint('gold', ledger.account, 5n);
      return;
    case 'books':
      await ledger.assets.conservation('gold');
      return;
    case 'network':
      await ledger.networkId();
      return;
    default:
      await ledger.head();
  }
}

/** Two of three say what stands there: the liar may only keep it from being told. */
async function leg({ ledger }: State, n: number): Promise<void> {
  const { terms, secret } = swapAt(n);
  const view = await ledger.leg(terms);
  const expected = n === 0 ? 'locked' : n === 1 ? 'claimed' : 'none';
  if (view.state !== expected) throw new RangeError(`believed: swap ${String(n)} is ${view.state}`);
  if (view.state === 'claimed' && toHex32(view.secret) !== toHex32(secret))
    throw new RangeError('believed: a secret that does not open the lock');
}

async function watch({ ledger, chain, time }: State): Promise<void> {
  const stop = new AbortController();
  setTimeout(() => {
    stop.abort();
  }, WATCH_MS);
  let last: LedgerUpdate | undefined;
  for await (const update of ledger.watch(undefined, stop.signal)) {
    time.touch();
    if (update.kind === 'block') {
      const { height, hash, facts } = update.block;
      const block = chain.blocks[Number(height)];
      const honest = block === undefined ? undefined : parseBlock(block);
      if (facts.length > 0 && honest?.hash !== hash)
        throw new RangeError('believed: a block with facts that nobody else has');
      if (facts.length > 0 && honest && !isDeepStrictEqual(facts, factsOf(honest, CHAINCODE)))
        throw new RangeError('believed: facts that the block does not hold');
      if (last?.kind === 'block' && last.block.height + 1n !== height)
        throw new RangeError('believed: a gap between blocks');
      last = update;
    }
  }
}

/** Whatever a gateway answered, what was signed is what was asked for. */
function keep(state: State, transaction: SignedTransaction): void {
  state.transaction = transaction;
  const payload = envelopeIn(transaction.bytes).getPayload_asU8();
  if (!Buffer.from(payload).includes(transaction.txId))
    throw new RangeError('believed: a transaction under another id');
}

async function outcome({ ledger, transaction, chain }: State): Promise<void> {
  if (transaction === undefined) return;
  const told = await ledger.outcome(transaction);
  if (told.kind !== 'valid' && told.kind !== 'invalid') return;
  const stands = chain.blocks.some((block) =>
    parseBlock(block).transactions.some(({ txId }) => txId === transaction.txId),
  );
  if (!stands || told.kind === 'invalid') throw new RangeError(`believed: ${told.kind}`);
}
