import {
  acceptSwap,
  createAgent,
  createMemoryStore,
  createTelling,
  silentLogger,
  stateOf,
  type Agent,
  type MemoryStore,
  type RelayerClient,
  type TermsFile,
} from '@midlock/client';
import { CAROL, createRig, partyFor, testSigners, type Rig } from '@midlock/client/testing';
import { MidlockError, swapIdOf, type Hex32 } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createRelayer, type Relayer } from './relayer.ts';

const SIGNERS = [testSigners(0), testSigners(1)] as const;
const [A, B] = [partyFor('a', SIGNERS[0]), partyFor('b', SIGNERS[1])];
/** How many questions a minute an agent may ask of its relayer about what it told before. */
const ASKED_PER_MINUTE = 30;

type Line = Pick<RelayerClient, 'knowsSwap' | 'postSwap' | 'postLetter'>;

/** The line from agents to a relayer: it can be cut, be silent, or lead to another relayer; each call is counted. */
interface Wire extends Line {
  to: Relayer | 'down' | 'silent';
  readonly calls: { readonly kind: 'ask' | 'tell' | 'letter'; readonly swapId: Hex32 }[];
}

function createWire(): Wire {
  const calls: Wire['calls'] = [];
  const reach = (): Promise<Relayer> => {
    if (wire.to === 'silent') return new Promise(() => undefined);
    if (wire.to === 'down')
      return Promise.reject(new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: 'relayer' }));
    return Promise.resolve(wire.to);
  };
  const wire: Wire = {
    to: 'down',
    calls,
    async knowsSwap(swapId) {
      calls.push({ kind: 'ask', swapId });
      return (await (await reach()).stored(swapId)) !== undefined;
    },
    async postSwap(file) {
      calls.push({ kind: 'tell', swapId: swapIdOf(file.terms) });
      return (await (await reach()).watch(file)).swapId;
    },
    async postLetter(file) {
      calls.push({ kind: 'letter', swapId: swapIdOf(file.terms) });
      await reach();
    },
  };
  return wire;
}

async function startRelayer(rig: Rig): Promise<Relayer> {
  const store = createMemoryStore();
  const relayer = createRelayer(
    { profile: rig.profile, tickMs: 1000 },
    { store, clock: rig.clock, ...rig.ports(CAROL, store.nonces) },
  );
  await relayer.start();
  return relayer;
}

interface Party {
  readonly agent: Agent;
  readonly store: MemoryStore;
  take(file: TermsFile, isAnswer?: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** An agent that keeps its relayer in the know, as its process does. */
async function startParty(
  rig: Rig,
  wire: Line,
  who = A,
  store = createMemoryStore(),
): Promise<Party> {
  const agent = createAgent(
    { accounts: who, profile: rig.profile, tickMs: 1000 },
    { store, seed: who.seed, clock: rig.clock, ...rig.ports(who, store.nonces) },
  );
  await agent.start();
  const stop = new AbortController();
  const { clock } = rig;
  const telling = await createTelling({ agent, store, relayer: wire, clock, logger: silentLogger });
  void telling.run(stop.signal);
  return {
    agent,
    store,
    async take(file, isAnswer = false) {
      await agent.take(file);
      await telling.owe(file, isAnswer);
    },
    async stop() {
      stop.abort();
      await agent.close();
    },
  };
}

async function signed(rig: Rig, number: number): Promise<TermsFile> {
  const check = { profile: rig.profile, nowSec: rig.clock.nowMs() / 1000n };
  let file: TermsFile = {
    version: 1,
    terms: rig.terms('ethereum-first', number),
    acceptances: {},
  };
  for (const each of SIGNERS) file = await acceptSwap(file, each, check);
  return file;
}

/** Half seconds in which no block is made, so that nothing ends. */
async function wait(rig: Rig, seconds: number): Promise<void> {
  for (let half = 0; half < 2 * seconds; half += 1) {
    rig.clock.advance(500);
    await rig.settle();
  }
}

async function seconds(rig: Rig, count: number): Promise<void> {
  for (let second = 0; second < count; second += 1) await rig.second();
}

const rigOf = (): Rig => createRig({ initiator: A, responder: B });

describe('a relayer whose store is lost', () => {
  it('is told again of a lock on Ethereum alone, without anybody, and gives it back for an owner that is gone', async () => {
    const rig = rigOf();
    const wire = createWire();
    const first = (wire.to = await startRelayer(rig));
    const alice = await startParty(rig, wire);
    const file = await signed(rig, 1);
    const swapId = swapIdOf(file.terms);
    await alice.take(file);
    for (let second = 0; second < 10 && rig.ethereum.locksOf(swapId).length === 0; second += 1)
      await rig.second();
    expect(rig.ethereum.locksOf(swapId).length).toBe(1);
    expect((await first.stored(swapId))?.session.swapId).toBe(swapId);
    wire.to = 'down';
    await first.close();
    await seconds(rig, 3);
    const second = (wire.to = await startRelayer(rig));
    for (let count = 0; count < 40 && second.open().length === 0; count += 1) await wait(rig, 1);
    expect(second.open().map((session) => session.swapId)).toEqual([swapId]);
    await alice.stop();
    let stored = await second.stored(swapId);
    for (let count = 0; count < 120 && stored?.open === true; count += 1) {
      await rig.second();
      stored = await second.stored(swapId);
    }
    expect(stored === undefined ? 'unknown' : stateOf(stored.session)).toBe('refunded');
    expect(rig.conserved()).toBe(true);
    await second.close();
  });

  it('is told of all, the nearest deadline first, at a bounded rate; one that knows all is asked no more often', async () => {
    const rig = rigOf();
    const wire = createWire();
    const first = (wire.to = await startRelayer(rig));
    const alice = await startParty(rig, wire);
    const files: TermsFile[] = [];
    for (let number = 1; number <= 10; number += 1) {
      files.push(await signed(rig, number));
      rig.clock.advance(1000);
    }
    // Taken in another order than that of their deadlines.
    for (const file of [...files].reverse()) await alice.take(file);
    await wait(rig, 1);
    expect(first.open().length).toBe(10);
    wire.calls.length = 0;
    await wait(rig, 60);
    expect(wire.calls.every(({ kind }) => kind === 'ask')).toBe(true);
    expect(wire.calls.length).toBeLessThanOrEqual(ASKED_PER_MINUTE);
    expect(new Set(wire.calls.map(({ swapId }) => swapId)).size).toBe(10);
    const second = (wire.to = await startRelayer(rig));
    wire.calls.length = 0;
    await wait(rig, 22);
    const told = wire.calls.filter(({ kind }) => kind === 'tell').map(({ swapId }) => swapId);
    expect(wire.calls.filter(({ kind }) => kind === 'ask').length).toBeLessThanOrEqual(11);
    expect(second.open().length).toBe(10);
    // The first was asked for by its turn; it shows that all is lost.
    const byDeadline = files.map(({ terms }) => swapIdOf(terms));
    expect(told.slice(1)).toEqual(byDeadline.filter((swapId) => swapId !== told[0]));
    for (const relayer of [first, second]) await relayer.close();
    await alice.stop();
  });

  it('is told of one swap that a backup did not know yet', async () => {
    const rig = rigOf();
    const wire = createWire();
    wire.to = await startRelayer(rig);
    const alice = await startParty(rig, wire);
    const files = [await signed(rig, 1), await signed(rig, 2), await signed(rig, 3)];
    for (const file of files) await alice.take(file);
    await wait(rig, 1);
    const restored = await startRelayer(rig);
    for (const file of files.slice(0, 2)) await restored.watch(file);
    await wire.to.close();
    wire.to = restored;
    await wait(rig, 12);
    expect(restored.open().length).toBe(3);
    await restored.close();
    await alice.stop();
  });
});

describe('a relayer that does not answer', () => {
  it('is asked less and less often when it is down, and told soon after it is back', async () => {
    const rig = rigOf();
    const wire = createWire();
    const alice = await startParty(rig, wire);
    for (let number = 1; number <= 20; number += 1) await alice.take(await signed(rig, number));
    await wait(rig, 600);
    // 2, 4, 8, 16 and then every 32 s.
    expect(wire.calls.length).toBeLessThanOrEqual(25);
    expect(wire.calls.length).toBeGreaterThanOrEqual(10);
    const relayer = (wire.to = await startRelayer(rig));
    await wait(rig, 33);
    expect(relayer.open().length).toBe(20);
    await relayer.close();
    await alice.stop();
  });

  it.each(['down', 'silent'] as const)('delays no swap when it is %s', async (to) => {
    const rig = rigOf();
    const wire = createWire();
    wire.to = to;
    const [alice, bob] = [await startParty(rig, wire), await startParty(rig, wire, B)];
    const file = await signed(rig, 1);
    for (const party of [alice, bob]) await party.take(file, true);
    await seconds(rig, 40);
    for (const { agent } of [alice, bob]) {
      const session = await agent.session(swapIdOf(file.terms));
      expect(session === undefined ? 'unknown' : stateOf(session)).toBe('settled');
    }
    for (const party of [alice, bob]) await party.stop();
  });
});

describe('what an agent owes its relayer', () => {
  it('is remembered across a restart: the answer to the counterparty goes out, and the swap is told', async () => {
    const rig = rigOf();
    const wire = createWire();
    const first = await startParty(rig, wire);
    const file = await signed(rig, 1);
    await first.take(file, true);
    await first.stop();
    const relayer = (wire.to = await startRelayer(rig));
    wire.calls.length = 0;
    const second = await startParty(rig, wire, A, first.store);
    await wait(rig, 10);
    const kinds = wire.calls.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'letter').length).toBe(1);
    expect(kinds.filter((kind) => kind === 'tell').length).toBe(1);
    expect(relayer.open().length).toBe(1);
    await relayer.close();
    await second.stop();
  });

  it('goes on with the others when one is refused', async () => {
    const rig = rigOf();
    const wire = createWire();
    const relayer = (wire.to = await startRelayer(rig));
    const full = new MidlockError('MAILBOX_FULL');
    const picky: Line = {
      ...wire,
      postLetter: () => Promise.reject(full),
      postSwap: (file) =>
        file.terms.nonce.endsWith('1')
          ? Promise.reject(new MidlockError('TERMS_SIGNATURE_INVALID'))
          : wire.postSwap(file),
    };
    const alice = await startParty(rig, picky);
    for (const number of [1, 2, 3]) await alice.take(await signed(rig, number), number === 3);
    await wait(rig, 60);
    expect(relayer.open().length).toBe(2);
    await relayer.close();
    await alice.stop();
  });

  it('is forgotten when the swap has ended', async () => {
    const rig = rigOf();
    const wire = createWire();
    const relayer = (wire.to = await startRelayer(rig));
    const [alice, bob] = [await startParty(rig, wire), await startParty(rig, wire, B)];
    const file = await signed(rig, 1);
    for (const party of [alice, bob]) await party.take(file);
    await wait(rig, 1);
    expect((await alice.store.documents('signed-terms', '', 10)).length).toBe(1);
    await seconds(rig, 60);
    expect(await alice.store.documents('signed-terms', '', 10)).toEqual([]);
    wire.calls.length = 0;
    await wait(rig, 60);
    expect(wire.calls).toEqual([]);
    await relayer.close();
    for (const party of [alice, bob]) await party.stop();
  });
});
