import { ETH, secretDomain, swapIdOf, type Direction } from '@midlock/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKillable } from '../testing/agents.ts';
import {
  ALICE,
  BOB,
  CAROL,
  TOKENS,
  createRig,
  partyFor,
  type Party,
  type Rig,
} from '../testing/rig.ts';
import { testSigners } from '../testing/signers.ts';
import { createAgent } from '../shell/agent.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import {
  mergeTermsFiles,
  parseTermsFile,
  signTerms,
  termsFileText,
  termsFileToJson,
  type TermsFile,
} from '../terms-file/terms-file.ts';
import { acceptSwap, createSwap, planSwap } from './create-swap.ts';
import { parseOrders } from './orders.ts';
import { recoverSwaps } from './recover-swaps.ts';
import { runSwap, verifyTerms, watchSwap } from './run-swap.ts';
import {
  claimSwap,
  explainSwap,
  refundLock,
  refundSwap,
  type SettleModules,
} from './settle-once.ts';

const accounts = ({ fabric, ethereum }: Party) => ({ fabric, ethereum });
const never = new AbortController().signal;

describe('terms files', () => {
  const [a, b] = [testSigners(0), testSigners(1)];
  const rig = createRig({ initiator: partyFor('a', a), responder: partyFor('b', b) });
  const draft: TermsFile = { version: 1, terms: rig.terms('ethereum-first', 1), acceptances: {} };

  it('are accepted by both keys of both parties, in any order, and read back', async () => {
    const both = mergeTermsFiles(await signTerms(draft, a), await signTerms(draft, b));
    expect(verifyTerms(both)).toBe(true);
    expect(parseTermsFile(termsFileText(both))).toEqual(both);
    expect(verifyTerms(await signTerms(draft, a))).toBe(false);
  });

  it('a changed field breaks every signature', async () => {
    const both = await signTerms(await signTerms(draft, a), b);
    const json = termsFileToJson(both) as {
      terms: { fabric: Record<string, string>; ethereum: Record<string, string> };
    };
    for (const leg of ['fabric', 'ethereum'] as const) {
      const changed = structuredClone(json);
      changed.terms[leg]['amount'] = '41';
      expect(() => parseTermsFile(JSON.stringify(changed))).toThrow(/TERMS_SIGNATURE_INVALID/);
    }
  });

  it("a changed byte of a signature, another's key, a high s and another v are refused", async () => {
    const both = await signTerms(await signTerms(draft, a), b);
    const { initiator, responder } = both.acceptances;
    if (initiator === undefined || responder === undefined) throw new Error('both signed');
    const flip = (hex: string, at: number): string =>
      hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1);
    const wrong = [
      { ...initiator, ethereumSignature: flip(initiator.ethereumSignature, 20) },
      { ...initiator, ethereumSignature: `${initiator.ethereumSignature.slice(0, -2)}00` },
      { ...initiator, fabricSignature: flip(initiator.fabricSignature, 30) },
      { ...initiator, fabricPublicKey: responder.fabricPublicKey },
      { ...responder },
    ];
    for (const forged of wrong)
      expect(verifyTerms({ ...both, acceptances: { initiator: forged, responder } })).toBe(false);
  });

  it('a stranger cannot sign', async () => {
    const other = createRig().terms('fabric-first', 1);
    await expect(signTerms({ version: 1, terms: other, acceptances: {} }, a)).rejects.toMatchObject(
      { code: 'NOT_OWNER' },
    );
  });

  it('any text is read or refused by code', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(() => parseTermsFile(text)).toThrow(/^(TERMS|AMOUNT)_/);
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('plan, create, accept, run', () => {
  it.each(['fabric-first', 'ethereum-first'] as const)(
    '%s with two agents of the SDK',
    async (direction) => {
      const signers = [testSigners(0), testSigners(1)] as const;
      const [alice, bob] = [partyFor('a', signers[0]), partyFor('b', signers[1])];
      const rig = createRig({ initiator: alice, responder: bob });
      const nowSec = rig.clock.nowMs() / 1000n;
      const template = rig.terms(direction, 1);
      const saved: TermsFile[] = [];
      const plan = planSwap({
        direction,
        profile: rig.profile,
        nowSec,
        endorsement: { organizations: ['Org1MSP', 'Org2MSP'], needed: 2, counterparty: 'Org2MSP' },
      });
      expect(plan.veto).toBe(true);
      const file = await createSwap(
        {
          plan,
          fabric: template.fabric,
          ethereum: template.ethereum,
          initiator: accounts(alice),
          responder: accounts(bob),
        },
        {
          seed: alice.seed,
          random: (bytes) => bytes.fill(7),
          save: (draft) => {
            saved.push(draft);
            return Promise.resolve();
          },
        },
      );
      expect(saved).toEqual([file]);
      const check = { profile: rig.profile, nowSec };
      const agreed = await acceptSwap(await acceptSwap(file, signers[0], check), signers[1], check);
      const agents = [alice, bob].map((party) => {
        const store = createMemoryStore();
        return createAgent(
          { accounts: accounts(party), profile: rig.profile, tickMs: 1000 },
          { store, seed: party.seed, clock: rig.clock, ...rig.ports(party, store.nonces) },
        );
      });
      for (const agent of agents) await agent.start();
      const runs = Promise.all(agents.map((agent) => runSwap(agent, agreed, never)));
      await rig.settle();
      const states: string[] = [];
      const watched = watchSwap(
        agents[0] as (typeof agents)[0],
        swapIdOf(agreed.terms),
        (session) => states.push(String(session.revealed)),
        never,
      );
      for (let second = 0; second < 20; second += 1) await rig.second();
      await watched;
      expect(
        (await runs).map(({ legs }) => [legs.fabric.end?.how, legs.ethereum.end?.how]),
      ).toEqual([
        ['claimed', 'claimed'],
        ['claimed', 'claimed'],
      ]);
      expect(states.length).toBeGreaterThan(3);
      for (const agent of agents) await agent.close();
    },
  );

  it('late terms are not accepted', async () => {
    const rig = createRig({
      initiator: partyFor('a', testSigners(0)),
      responder: partyFor('b', testSigners(1)),
    });
    const file: TermsFile = { version: 1, terms: rig.terms('fabric-first', 1), acceptances: {} };
    const check = { profile: rig.profile, nowSec: file.terms.fabric.expiresAtSec };
    await expect(acceptSwap(file, testSigners(0), check)).rejects.toMatchObject({
      code: 'DEADLINE_TOO_CLOSE',
    });
  });
});

describe('from keys and terms alone', () => {
  function modules(rig: Rig, party: Party): SettleModules {
    return { ...rig.ports(party, createMemoryStore().nonces), clock: rig.clock, seed: party.seed };
  }

  async function bothLocked(
    direction: Direction,
  ): Promise<{ rig: Rig; terms: ReturnType<Rig['terms']> }> {
    const rig = createRig();
    const agents = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    for (const agent of agents) await agent.start();
    const terms = rig.terms(direction, 1);
    for (const agent of agents) await agent.take(terms);
    const short = direction === 'fabric-first' ? 'ethereum' : 'fabric';
    const onLedger = (): boolean =>
      short === 'ethereum'
        ? rig.ethereum.locksOf(swapIdOf(terms)).length > 0
        : rig.fabric.midAccount(swapIdOf(terms)) !== undefined;
    // The initiator dies before it can reveal; the responder alone carries on to its lock.
    while (!onLedger()) {
      if (
        rig.ethereum.locksOf(swapIdOf(terms)).length +
          Number(rig.fabric.midAccount(swapIdOf(terms)) !== undefined) >
        0
      )
        agents[0]?.kill();
      await rig.second();
    }
    for (const agent of agents) agent.kill();
    await rig.settle();
    // What the dead had on its way is lost with them.
    for (const { txId } of rig.ethereum.pool()) rig.ethereum.drop(txId);
    rig.ethereum.finalize(rig.ethereum.blocks.at(-1)?.height ?? 0n);
    return { rig, terms };
  }

  async function whileTimePasses<T>(rig: Rig, work: Promise<T>): Promise<T> {
    const progress = { done: false };
    const finish = (): void => {
      progress.done = true;
    };
    void work.then(finish, finish);
    for (let second = 0; second < 60 && !progress.done; second += 1) await rig.second();
    return work;
  }

  it('the initiator claims, the responder claims after it', async () => {
    const { rig, terms } = await bothLocked('fabric-first');
    const { profile } = rig;
    const early = claimSwap({ terms, accounts: accounts(BOB), profile }, modules(rig, BOB), never);
    await expect(early).rejects.toMatchObject({
      code: 'SWAP_STATE',
      data: { reason: 'the secret' },
    });
    await whileTimePasses(
      rig,
      claimSwap({ terms, accounts: accounts(ALICE), profile }, modules(rig, ALICE), never),
    );
    expect(
      await explainSwap({ terms, accounts: accounts(BOB), profile }, modules(rig, BOB)),
    ).toMatchObject({ state: 'shortClaimed', who: 'responder', action: 'claim', ledger: 'fabric' });
    await whileTimePasses(
      rig,
      claimSwap({ terms, accounts: accounts(BOB), profile }, modules(rig, BOB), never),
    );
    expect([
      rig.fabric.balance(BOB.fabric, TOKENS),
      rig.ethereum.balance(ALICE.ethereum, ETH),
    ]).toEqual([1040n, 1007n]);
  });

  it('a claim after the guard is refused, a refund before its time too; afterwards both come back', async () => {
    const { rig, terms } = await bothLocked('ethereum-first');
    const { profile } = rig;
    const input = (party: Party) => ({ terms, accounts: accounts(party), profile });
    await expect(refundSwap(input(BOB), modules(rig, BOB), never)).rejects.toMatchObject({
      code: 'SWAP_STATE',
      data: { reason: 'the deadline' },
    });
    while (rig.clock.nowMs() / 1000n < terms.fabric.expiresAtSec) await rig.second();
    await expect(claimSwap(input(ALICE), modules(rig, ALICE), never)).rejects.toMatchObject({
      code: 'SWAP_STATE',
      data: { reason: 'too late to reveal' },
    });
    while (rig.clock.nowMs() / 1000n < terms.ethereum.expiresAtSec) await rig.second();
    await whileTimePasses(rig, refundSwap(input(BOB), modules(rig, BOB), never));
    await whileTimePasses(rig, refundSwap(input(ALICE), modules(rig, ALICE), never));
    expect([
      rig.fabric.balance(BOB.fabric, TOKENS),
      rig.ethereum.balance(ALICE.ethereum, ETH),
    ]).toEqual([1000n, 1000n]);
  });

  it('lost terms are found on the ledgers by owner', async () => {
    const { rig, terms } = await bothLocked('fabric-first');
    const found = await recoverSwaps(
      accounts(ALICE),
      rig.ports(ALICE, createMemoryStore().nonces),
      never,
    );
    expect(found).toMatchObject([
      { swapId: swapIdOf(terms), terms, fabric: 'locked', ethereum: 'locked' },
    ]);
    expect(
      await recoverSwaps(accounts(CAROL), rig.ports(CAROL, createMemoryStore().nonces), never),
    ).toEqual([]);
  });

  it('a lock whose terms are lost comes back from Ethereum alone, to its owner and not before its time', async () => {
    const rig = createRig();
    const terms = rig.terms('ethereum-first', 1);
    const alice = createKillable(rig, ALICE);
    await alice.start();
    await alice.take(terms);
    while (rig.ethereum.locksOf(swapIdOf(terms)).length === 0) await rig.second();
    alice.kill();
    const fresh = modules(rig, ALICE);
    const [found, ...others] = await recoverSwaps(accounts(ALICE), fresh, never);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ fabric: 'none', ethereum: 'locked' });
    expect(found?.terms).toBeUndefined();
    const lock = found?.ethereumLock;
    if (lock === undefined) throw new Error('no lock');
    await expect(refundLock(lock, fresh, never)).rejects.toMatchObject({
      code: 'REFUND_TOO_EARLY',
    });
    while (rig.clock.nowMs() / 1000n < terms.ethereum.expiresAtSec) await rig.second();
    const returned = await whileTimePasses(rig, refundLock(lock, fresh, never));
    expect(returned).toMatchObject({ ledger: 'ethereum', outcome: { kind: 'valid', final: true } });
    expect(rig.ethereum.balance(ALICE.ethereum, ETH)).toBe(1000n);
    expect(await recoverSwaps(accounts(ALICE), fresh, never)).toMatchObject([
      { ethereum: 'refunded' },
    ]);
  });

  it('the secret of a swap is the same on a fresh machine', () => {
    const terms = createRig().terms('fabric-first', 1);
    expect(ALICE.seed.secret(secretDomain(terms), terms.nonce)).toEqual(
      ALICE.seed.secret(secretDomain(terms), terms.nonce),
    );
  });
});

describe('orders', () => {
  const header =
    'direction,fabric_kind,fabric_asset,fabric_amount,ethereum_token,ethereum_amount,counterparty';
  const row = 'fabric-first,fungible,gold,25,ETH,7,bob';

  it('are read in any column order, with quotes, comments and both line ends', () => {
    const shuffled = header.split(',').reverse().join(',');
    const text = `\uFEFF${shuffled}\r\n# a comment, with a comma\r\n\r\n${row
      .split(',')
      .reverse()
      .map((cell) => `"${cell}"`)
      .join(',')}\r\n`;
    expect(parseOrders(text)).toEqual([
      {
        row: 4,
        direction: 'fabric-first',
        fabric: { assetKind: 'fungible', assetId: 'gold', amount: 25n },
        ethereum: { token: 'ETH', amount: 7n },
        counterparty: 'bob',
      },
    ]);
  });

  it.each([
    ['direction', row.replace('fabric-first', 'sideways')],
    ['fabric_kind', row.replace('fungible', 'liquid')],
    ['fabric_asset', row.replace('gold', 'go ld')],
    ['fabric_amount', row.replace('25', '2.5')],
    ['fabric_amount', row.replace('25', '-1')],
    ['fabric_amount', row.replace('25', '0')],
    ['fabric_amount', row.replace('fungible', 'unique')],
    ['ethereum_amount', row.replace(',7,', ',,')],
    ['counterparty', row.replace('bob', '')],
    ['(row)', `${row},more`],
    ['(quote)', row.replace('gold', '"gold')],
  ])('a wrong %s is named with its row', (column, text) => {
    expect(() => parseOrders(`${header}\n${row}\n${text}\n`)).toThrow(
      expect.objectContaining({
        code: 'ORDERS_ROW_INVALID',
        data: expect.objectContaining({ row: 3, column }) as unknown,
      }),
    );
  });

  it.each(['', 'direction', `${header},direction`, `${header},colour`])(
    'the header %j is refused',
    (text) => {
      expect(() => parseOrders(text)).toThrow(/ORDERS_ROW_INVALID/);
    },
  );

  it('any text is read or refused by code', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(header, row, '\n', ',', '"', 'x', '\r\n', '#'), { maxLength: 30 }),
        (parts) => {
          try {
            expect(Array.isArray(parseOrders(parts.join('')))).toBe(true);
          } catch (error) {
            expect(error).toMatchObject({ code: 'ORDERS_ROW_INVALID' });
          }
        },
      ),
      { numRuns: 1000, seed: 2 },
    );
  });
});
