import { FABRIC_EVENT, FABRIC_TX, type ConservationJson } from '@midlock/protocol';
import { LedgerScene, type LedgerUnderTest } from './ledger-scene.ts';
import type { TestSwap } from './swap.ts';
import { eventsOf, people, type Sent } from './world.ts';

const { alice, bob, carol } = people;

/** Thrown by a check: what the ledger does instead of what it promises. */
export class BrokenPromise extends Error {}

export interface LedgerPromise {
  readonly title: string;
  check(scene: LedgerScene, tested: LedgerUnderTest): Promise<void>;
}

/** What mid-accounts rely on, by id. Each check has a scene of its own. */
export const LEDGER_PROMISES = {
  'keeps-pure': {
    title: '`keeps` says yes for the asset, and always the same',
    check(_scene, { ledger, assetId }) {
      const answers = [1, 2, 3].map(() => ledger.keeps('fungible', assetId));
      hold(
        answers.every((answer) => answer),
        `keeps('fungible', '${assetId}') answered ${answers.join(', ')}`,
      );
      return Promise.resolve();
    },
  },
  'not-callable': {
    title: '`debit` and `credit` are no transactions that somebody could send',
    check(scene, { contracts }) {
      const names = contracts.map((Contract) => new Contract().getName());
      const open = names.flatMap((name) =>
        (scene.world.chaincode.metadata.contracts[name]?.transactions ?? [])
          .filter((transaction) => ['debit', 'credit'].includes(transaction.name))
          .map((transaction) => `${name}:${transaction.name}`),
      );
      hold(open.length === 0, `anybody can send ${open.join(' and ')}`);
      return Promise.resolve();
    },
  },
  'exact-debit': {
    title: 'a lock takes exactly its amount, from the owner and nobody else',
    async check(scene) {
      await scene.fund(alice, 150n);
      await scene.fund(bob, 70n);
      const before = await balances(scene);
      await scene.settle(scene.endorseLock(scene.swap('exact', 100n)));
      const after = await balances(scene);
      equal(after, [before[0] - 100n, before[1], before[2]], 'balances after a lock of 100');
    },
  },
  'no-overdraft': {
    title: 'a lock of more than the owner has is refused',
    async check(scene) {
      await scene.fund(alice, 99n);
      await scene.fund(bob, 1000n);
      const lock = scene.endorseLock(scene.swap('much', 100n));
      hold(await refused(lock), 'a lock of 100 was endorsed with a balance of 99');
    },
  },
  'no-double-spend': {
    title: 'of two locks of the same balance in one block only one is valid',
    async check(scene) {
      await scene.fund(alice, 150n);
      const locks = [
        await scene.endorseLock(scene.swap('first', 100n)),
        await scene.endorseLock(scene.swap('second', 100n)),
      ];
      const codes = scene.world.commit(...locks);
      hold(
        codes.filter((code) => code === 'VALID').length === 1,
        `two locks of 100 with a balance of 150 were ${codes.join(' and ')}: \`debit\` must read what it takes`,
      );
    },
  },
  'exact-claim': {
    title: 'a claim gives the beneficiary the amount, once, and nobody else anything',
    async check(scene) {
      const made = await scene.locked('claim');
      await paysOnce(scene, made, scene.endorseClaim(made), bob, 'claim');
    },
  },
  'exact-refund': {
    title: 'a refund gives the owner the amount, once, and nobody else anything',
    async check(scene) {
      const made = await scene.locked('refund');
      await paysOnce(scene, made, scene.endorseRefund(made), alice, 'refund');
    },
  },
  'exact-release': {
    title: 'a release gives the owner the amount, once, and nobody else anything',
    async check(scene) {
      const made = await scene.locked('release');
      await paysOnce(scene, made, scene.endorseRelease(made), alice, 'release');
    },
  },
  'claim-not-hindered': {
    title: "nobody's transactions make an endorsed claim invalid",
    async check(scene) {
      const made = await scene.locked('hindered');
      await notHindered(scene, await scene.endorseClaim(made), 'claim');
    },
  },
  'refund-not-hindered': {
    title: "nobody's transactions make an endorsed refund invalid",
    async check(scene) {
      const made = await scene.locked('late');
      await notHindered(scene, await scene.endorseRefund(made), 'refund');
    },
  },
  'side-by-side': {
    title: 'claims for the same beneficiary in one block are all valid, and all paid',
    async check(scene) {
      const swaps = [await scene.locked('one', 30n), await scene.locked('two', 12n)];
      const before = await scene.balance(bob);
      const claims: Sent[] = [];
      for (const made of swaps) claims.push(await scene.endorseClaim(made));
      const codes = scene.world.commit(...claims);
      hold(
        codes.every((code) => code === 'VALID'),
        `two claims in one block were ${codes.join(' and ')}: \`credit\` must write a row of its own`,
      );
      for (const made of swaps) await scene.collect(bob, made);
      equal(await scene.balance(bob), before + 42n, 'balance after claims of 30 and 12');
    },
  },
  'no-phantoms': {
    title: 'a settlement reads no range, into which others could write',
    async check(scene) {
      const claim = await scene.endorseClaim(await scene.locked('ranged'));
      const refund = await scene.endorseRefund(await scene.locked('ranged-too'));
      for (const { endorsement } of [claim, refund])
        hold(endorsement.readWriteSet.ranges.length === 0, '`credit` reads a range of keys');
    },
  },
  deterministic: {
    title: 'every endorser computes the same, whenever and wherever it does',
    async check(scene) {
      await scene.fund(alice, 100n);
      const made = scene.swap('same', 100n);
      await sameTwice('debit', () => scene.endorseLock(made, 'd'.repeat(64)));
      await scene.settle(scene.endorseLock(made));
      await sameTwice('credit', () => scene.endorseClaim(made, 'c'.repeat(64)));
    },
  },
  'own-keys': {
    title: "no key of Midlock's own is touched, beside the swap's",
    async check(scene) {
      await scene.fund(alice, 100n);
      const made = scene.swap('keys', 100n);
      const lock = await scene.endorseLock(made);
      scene.world.commit(lock);
      const claim = await scene.endorseClaim(made);
      for (const { readWriteSet } of [lock, claim])
        for (const [key] of readWriteSet.writes) {
          const [, type = '', attribute = ''] = key.split('\0');
          const foreign = MIDLOCK_KEYS.includes(type) && attribute !== made.swapId;
          hold(!foreign, `writes a key of type "${type}", which is Midlock's`);
        }
    },
  },
  events: {
    title: "the swap's event is the transaction's event",
    async check(scene) {
      await scene.fund(alice, 100n);
      const made = scene.swap('event', 100n);
      const lock = await scene.endorseLock(made);
      scene.world.commit(lock);
      const claim = await scene.endorseClaim(made);
      for (const [sent, type] of [
        [lock, 'locked'],
        [claim, 'claimed'],
      ] as const) {
        const { event } = sent.endorsement;
        const types = event?.name === FABRIC_EVENT ? eventsOf(sent).map((one) => one.type) : [];
        hold(types.includes(type), `no ${FABRIC_EVENT} event says "${type}"`);
      }
    },
  },
  conserved: {
    title: '`describe` accounts for every unit: issued - burnt = free + locked, at any moment',
    async check(scene, { assetId }) {
      const balanced = async (when: string): Promise<void> => {
        const report = await scene.world
          .evaluate<ConservationJson>(FABRIC_TX.conservation, [assetId])
          .catch((error: unknown) => {
            throw new BrokenPromise(`\`describe\` says nothing ${when}: ${messageOf(error)}`);
          });
        const { issued, burnt, free, locked, holds } = report;
        hold(holds, `${when}: issued ${issued} - burnt ${burnt}, free ${free} + locked ${locked}`);
      };
      await scene.fund(alice, 100n);
      await balanced('before a lock');
      const claimed = await scene.locked('sum');
      const refunded = await scene.locked('back', 10n);
      await balanced('while locked');
      await scene.settle(scene.endorseClaim(claimed));
      await balanced('after a claim');
      await scene.collect(bob, claimed);
      await scene.settle(scene.endorseRefund(refunded));
      await balanced('after a refund');
    },
  },
  'large-amounts': {
    title: 'amounts are exact, whatever their size',
    async check(scene, { largestAmount = 2n ** 64n + 1n }) {
      const made = await scene.locked('large', largestAmount);
      const before = await scene.balance(bob);
      await scene.settle(scene.endorseClaim(made));
      await scene.collect(bob, made);
      equal(await scene.balance(bob), before + largestAmount, 'balance after a large claim');
    },
  },
  'no-obstacles': {
    title: "the operator's own rules can stop new locks, but no settlement",
    async check(_scene, tested) {
      for (const [name, put] of Object.entries(tested.obstacles ?? {})) {
        const scene = await LedgerScene.open(tested);
        const toClaim = await scene.locked('claim');
        const toRefund = await scene.locked('refund');
        await put(scene.network);
        const stopped = (what: string) => (error: unknown) => {
          throw new BrokenPromise(`"${name}" stops a ${what}: ${messageOf(error)}`);
        };
        await scene.settle(scene.endorseClaim(toClaim)).catch(stopped('claim'));
        await scene.settle(scene.endorseRefund(toRefund)).catch(stopped('refund'));
      }
    },
  },
} as const satisfies Record<string, LedgerPromise>;

export type PromiseId = keyof typeof LEDGER_PROMISES;

/** Types of Midlock's composite keys that no ledger may write (README, Key schema). Notes and assets may be wrapped. */
const MIDLOCK_KEYS = ['mid', 'tomb', 'config', 'proposal', 'approval', 'alias', 'rotation'];

function hold(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new BrokenPromise(otherwise);
}

function equal(
  actual: bigint | readonly bigint[],
  expected: bigint | readonly bigint[],
  what: string,
): void {
  hold(
    String(actual) === String(expected),
    `${what}: ${String(actual)} instead of ${String(expected)}`,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function refused(endorsing: Promise<Sent>): Promise<boolean> {
  return endorsing.then(
    () => false,
    () => true,
  );
}

async function balances(scene: LedgerScene): Promise<readonly [bigint, bigint, bigint]> {
  return [await scene.balance(alice), await scene.balance(bob), await scene.balance(carol)];
}

/** The payout arrives whole at its receiver, and a second collection brings nothing. */
async function paysOnce(
  scene: LedgerScene,
  made: TestSwap,
  endorsing: Promise<Sent>,
  receiver: typeof bob,
  what: string,
): Promise<void> {
  const before = await balances(scene);
  await scene.settle(endorsing);
  await scene.collect(receiver, made);
  // A second collection may be refused or bring nothing.
  await scene.collect(receiver, made).catch(() => undefined);
  const other = receiver === bob ? alice : bob;
  await scene.collect(other, made).catch(() => undefined);
  const { amount } = made.terms.fabric;
  const expected = [alice, bob, carol].map(
    (holder, index) => (before[index] ?? 0n) + (holder === receiver ? amount : 0n),
  );
  equal(await balances(scene), expected, `balances after a ${what} of ${String(amount)}`);
}

async function notHindered(scene: LedgerScene, settlement: Sent, what: string): Promise<void> {
  await scene.traffic();
  const [code] = scene.world.commit(settlement);
  hold(
    code === 'VALID',
    `payments between endorsement and commit made a ${what} ${String(code)}: \`credit\` reads what others write`,
  );
}

async function sameTwice(method: string, endorse: () => Promise<Sent>): Promise<void> {
  const once = async (): Promise<string> => JSON.stringify((await endorse()).endorsement);
  const first = await once();
  // Whatever follows the clock has moved by then.
  await new Promise((done) => setTimeout(done, 5));
  hold(first === (await once()), `\`${method}\` gave two results for the same transaction`);
}
