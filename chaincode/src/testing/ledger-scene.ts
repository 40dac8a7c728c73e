import { FABRIC_TX } from '@midlock/protocol';
import type { AssetLedger } from '../asset-ledger.ts';
import type { ContractClass } from '../contracts.ts';
import { initializedWorld, swap, type TestSwap } from './swap.ts';
import {
  CONFIG,
  people,
  type Person,
  type SendOptions,
  type Sent,
  type TransactionName,
  type World,
} from './world.ts';

/** The network in memory, as an operator's own test sees it. */
export interface TestNetwork {
  /** Members of Org1MSP (`alice`, `admin1`), Org2MSP (`bob`, `admin2`) and Org3MSP (`carol`, `admin3`). */
  readonly people: Readonly<
    Record<'alice' | 'bob' | 'carol' | 'admin1' | 'admin2' | 'admin3', Person>
  >;
  /** Endorses and commits one transaction, `contract:function`; its answer. Throws what the chaincode refused with. */
  readonly send: (by: Person, transaction: string, ...args: readonly string[]) => Promise<string>;
  /** Endorses without committing anything; the answer. */
  readonly query: (by: Person, transaction: string, ...args: readonly string[]) => Promise<string>;
}

/** An operator's ledger and how its tokens are handled by their own transactions. */
export interface LedgerUnderTest {
  readonly ledger: AssetLedger;
  /** The operator's contract classes, as they stand beside Midlock's in the chaincode. */
  readonly contracts: readonly ContractClass[];
  readonly assetId: string;
  /** What has to be done once before anything else, e.g. the token's initialisation. */
  readonly prepare?: (network: TestNetwork) => Promise<unknown>;
  /** Gives `amount` to a holder. Only one holder's balance may change for it, beside an issuer's. */
  readonly fund: (network: TestNetwork, holder: Person, amount: bigint) => Promise<unknown>;
  /** What a holder can spend. */
  readonly balance: (network: TestNetwork, holder: Person) => Promise<bigint>;
  /** Brings a settled swap's payout to a holder, where `credit` does not do so at once. */
  readonly collect?: (network: TestNetwork, holder: Person, swapId: string) => Promise<unknown>;
  /** What the lock of `amount` gets as its second argument; default none. Agents send none for assets that are no notes. */
  readonly inputs?: (
    network: TestNetwork,
    holder: Person,
    amount: bigint,
  ) => Promise<readonly string[]>;
  /** Everyday transactions by and for these holders, made while a settlement is under way; default: funding both. */
  readonly traffic?: (network: TestNetwork, holders: readonly Person[]) => Promise<unknown>;
  /** What an operator's own rules can do to a network while locks are open, by name: a pause, a blacklist, a fee. */
  readonly obstacles?: Readonly<Record<string, (network: TestNetwork) => Promise<unknown>>>;
  /** Largest amount that is tried; default 2^64 + 1, which neither floating point nor 64 bits hold. */
  readonly largestAmount?: bigint;
}

/** Alice's asset, a swap of it to Bob and the transactions on the way, on a world of its own. */
export class LedgerScene {
  readonly world: World;
  readonly network: TestNetwork;
  readonly #tested: LedgerUnderTest;

  private constructor(world: World, tested: LedgerUnderTest) {
    this.world = world;
    this.#tested = tested;
    const endorse = (by: Person, transaction: string, args: readonly string[]) =>
      world.endorse(by, transaction as TransactionName, args);
    this.network = {
      people,
      send: async (by, transaction, ...args) => {
        const sent = await endorse(by, transaction, args);
        const [code] = world.commit(sent);
        if (code !== 'VALID') throw new Error(`${transaction}: ${String(code)}`);
        return sent.endorsement.payload;
      },
      query: async (by, transaction, ...args) =>
        (await endorse(by, transaction, args)).endorsement.payload,
    };
  }

  static async open(tested: LedgerUnderTest): Promise<LedgerScene> {
    const { ledger, contracts } = tested;
    const world = await initializedWorld({ ledgers: [ledger], contracts });
    const scene = new LedgerScene(world, tested);
    await tested.prepare?.(scene.network);
    return scene;
  }

  fund(holder: Person, amount: bigint): Promise<unknown> {
    return this.#tested.fund(this.network, holder, amount);
  }

  balance(holder: Person): Promise<bigint> {
    return this.#tested.balance(this.network, holder);
  }

  async collect(holder: Person, { swapId }: TestSwap): Promise<unknown> {
    return this.#tested.collect?.(this.network, holder, swapId);
  }

  async traffic(): Promise<void> {
    const holders = [people.alice, people.bob];
    if (this.#tested.traffic !== undefined) await this.#tested.traffic(this.network, holders);
    else for (const holder of holders) await this.fund(holder, 1n);
  }

  swap(seed: string, amount: bigint): TestSwap {
    const fabric = { assetId: this.#tested.assetId, amount: String(amount) };
    return swap(this.world, seed, { fabric });
  }

  async endorseLock(made: TestSwap, txId?: string): Promise<Sent> {
    const { amount } = made.terms.fabric;
    const inputs = (await this.#tested.inputs?.(this.network, people.alice, amount)) ?? [];
    const args = [made.text, JSON.stringify(inputs)];
    return this.world.endorse(people.alice, FABRIC_TX.lock, args, options(txId));
  }

  /** Funds Alice and locks what she got. */
  async locked(seed: string, amount = 100n): Promise<TestSwap> {
    await this.fund(people.alice, amount);
    const made = this.swap(seed, amount);
    this.#commit(await this.endorseLock(made));
    return made;
  }

  endorseClaim(made: TestSwap, txId?: string): Promise<Sent> {
    const args = [made.swapId, made.secretText];
    return this.world.endorse(people.carol, FABRIC_TX.claim, args, options(txId));
  }

  /** Endorses a refund at the first moment at which it is allowed. */
  endorseRefund(made: TestSwap): Promise<Sent> {
    const refundFromMs = (made.terms.fabric.expiresAtSec + BigInt(CONFIG.gapSec)) * 1000n;
    if (this.world.nowMs < refundFromMs) this.world.nowMs = refundFromMs;
    return this.world.endorse(people.carol, FABRIC_TX.refund, [made.swapId]);
  }

  endorseRelease(made: TestSwap): Promise<Sent> {
    return this.world.endorse(people.bob, FABRIC_TX.release, [made.swapId]);
  }

  async settle(endorsing: Promise<Sent>): Promise<void> {
    this.#commit(await endorsing);
  }

  #commit(sent: Sent): void {
    const [code] = this.world.commit(sent);
    if (code !== 'VALID') throw new Error(String(code));
  }
}

function options(txId: string | undefined): SendOptions {
  return txId === undefined ? {} : { txId };
}
