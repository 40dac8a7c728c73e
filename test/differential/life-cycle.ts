import { deepStrictEqual } from 'node:assert/strict';
import type { Address, SwapTerms } from '@midlock/protocol';
import type { Command, Deed, FabricChoice, SecretChoice, When } from './commands.ts';
import { SWAPS } from './commands.ts';
import { alter, writeTerms, type Swap } from './drafts.ts';
import { NAMES, PARTIES, type PartyName } from './parties.ts';
import { FABRIC_PROFILE, START_SEC } from './rules.ts';
import type { EthereumCommand, EthereumSide, FabricCommand, FabricSide, Outcome } from './sides.ts';

/** Both ledgers, each as it is and as its model. */
export interface Sides {
  readonly ethereum: { readonly real: EthereumSide; readonly model: EthereumSide };
  readonly fabric: { readonly real: FabricSide; readonly model: FabricSide };
}

/** How often each outcome of each kind of command was seen, by `ledger kind outcome`. */
export type Tally = Map<string, number>;

/** Where swaps stand on Ethereum, and whether their locks are paid from wallets or from balances of the escrow. */
export interface Place {
  readonly direct: boolean;
  readonly chainId: bigint;
  readonly escrow: Address;
  readonly token: Address;
}

/**
 * Plays commands on both sides of both ledgers and compares after each: accepted or the same code, every balance, every lock with state
 * and secret, and what there is in all. Throws an AssertionError at the first difference.
 */
export class LifeCycle {
  readonly #sides: Sides;
  readonly #place: Place;
  readonly #tally: Tally;
  readonly #swaps: Swap[] = [];
  #nowSec = START_SEC;

  constructor(sides: Sides, place: Place, tally: Tally = new Map()) {
    this.#sides = sides;
    this.#place = place;
    this.#tally = tally;
  }

  async play({ when, deed }: Command): Promise<void> {
    this.#nowSec = this.#moment(when);
    if (deed.kind === 'draft') {
      const number = this.#swaps.length;
      this.#swaps.push(writeTerms(deed.draft, number, this.#nowSec, this.#place));
      const swap = Math.min(number, SWAPS - 1);
      for (const ledger of deed.locked) await this.#lock(ledger, swap);
      return;
    }
    if (this.#swaps.length === 0) return;
    if (deed.kind === 'fabric' || deed.kind === 'deliver') await this.#onFabric(deed);
    else await this.#onEthereum(deed);
  }

  async #lock(ledger: 'ethereum' | 'fabric', swap: number): Promise<void> {
    if (ledger === 'ethereum') await this.#onEthereum({ kind: 'lock', swap });
    else {
      const lock: FabricChoice = {
        action: 'lock',
        swap,
        by: 'entitled',
        secret: 'right',
        skewSec: 0n,
        alteration: 'none',
      };
      await this.#onFabric({ kind: 'fabric', block: [lock], withhold: false });
    }
  }

  async #onEthereum(deed: Exclude<Deed, { kind: 'draft' | 'fabric' | 'deliver' }>): Promise<void> {
    const { real, model } = this.#sides.ethereum;
    const command = this.#ethereumCommand(deed);
    const expected = await model.act(command, this.#nowSec);
    const actual = await real.act(command, this.#nowSec);
    this.#count('ethereum', command.kind, expected);
    deepStrictEqual(actual, expected, `ethereum ${command.kind}`);
    deepStrictEqual(await real.view(), await model.view(), `ethereum after ${command.kind}`);
  }

  async #onFabric(deed: Extract<Deed, { kind: 'fabric' | 'deliver' }>): Promise<void> {
    const { real, model } = this.#sides.fabric;
    const commands =
      deed.kind === 'fabric' ? deed.block.map((one) => this.#fabricCommand(one)) : [];
    const run = (side: FabricSide): Promise<readonly Outcome[]> =>
      deed.kind === 'fabric'
        ? side.act(commands, this.#nowSec, deed.withhold)
        : side.deliver(this.#nowSec);
    const expected = await run(model);
    const actual = await run(real);
    expected.forEach((outcome, index) => {
      this.#count('fabric', commands[index]?.action ?? 'delivered', [outcome]);
    });
    deepStrictEqual(actual, expected, `fabric ${commands.map(({ action }) => action).join()}`);
    // What is refused writes nothing: it never reaches the ledger.
    if (expected.some((outcome) => outcome === 'VALID'))
      deepStrictEqual(await real.view(), await model.view(), 'fabric afterwards');
  }

  #ethereumCommand(deed: Exclude<Deed, { kind: 'draft' | 'fabric' | 'deliver' }>): EthereumCommand {
    switch (deed.kind) {
      case 'lock':
        return { kind: 'lock', terms: this.#swap(deed.swap).terms };
      case 'claim': {
        const { terms, secret } = this.#swap(deed.swap);
        return {
          kind: 'claim',
          by: deed.by,
          terms: alter(terms, deed.alteration, this.#place.token),
          truly: terms,
          secret: secretFor(secret, deed.secret),
        };
      }
      case 'refund': {
        const { terms } = this.#swap(deed.swap);
        const altered = alter(terms, deed.alteration, this.#place.token);
        return { kind: 'refund', by: deed.by, terms: altered, truly: terms };
      }
      case 'consent': {
        const { terms } = this.#swap(deed.swap);
        const signer =
          deed.signer === 'beneficiary' ? nameOf(terms.ethereum.beneficiary) : deed.signer;
        const expiresAtSec = this.#nowSec + deed.lifeSec;
        return {
          kind: 'consent',
          by: deed.by,
          terms,
          consent: { signer, expiresAtSec, over: deed.over },
        };
      }
      case 'lockMany': {
        const [first, ...others] = this.#together(deed.swaps, true).map(({ terms }) => terms);
        // Batches lock from balances only.
        return this.#place.direct || first === undefined
          ? { kind: 'lock', terms: first as SwapTerms }
          : { kind: 'lockMany', swaps: [first, ...others] };
      }
      case 'claimMany': {
        const claims = this.#together(deed.swaps, false).map(({ terms, secret }) => ({
          terms,
          secret: secretFor(secret, deed.secret),
        }));
        return { kind: 'claimMany', by: deed.by, claims };
      }
      case 'refundMany': {
        const swaps = this.#together(deed.swaps, false).map(({ terms }) => terms);
        return { kind: 'refundMany', by: deed.by, swaps };
      }
    }
  }

  #fabricCommand(choice: FabricChoice): FabricCommand {
    const { terms, secret } = this.#swap(choice.swap);
    return {
      action: choice.action,
      by: choice.by === 'entitled' ? entitled(choice.action, terms) : choice.by,
      terms: alter(terms, choice.alteration, this.#place.token),
      secret: secretFor(secret, choice.secret),
      stampSec: this.#nowSec + choice.skewSec,
    };
  }

  /** Swaps of one batch: of one token, and for locks of one owner. An amount that no word can hold comes alone: there is no such batch. */
  #together(numbers: readonly number[], sameOwner: boolean): readonly Swap[] {
    const [first, ...others] = numbers.map((number) => this.#swap(number)) as [Swap, ...Swap[]];
    const { token, owner, amount } = first.terms.ethereum;
    if (amount >> 96n !== 0n) return [first];
    const fitting = others.filter(
      ({ terms: { ethereum } }) =>
        ethereum.token === token &&
        ethereum.amount >> 96n === 0n &&
        (!sameOwner || ethereum.owner === owner),
    );
    return [first, ...fitting];
  }

  /** A swap by its number among the last ones. */
  #swap(number: number): Swap {
    const last = this.#swaps.slice(-SWAPS);
    return last[number % last.length] as Swap;
  }

  #moment(when: When): bigint {
    if (when.kind === 'after' || this.#swaps.length === 0)
      return this.#nowSec + (when.kind === 'after' ? when.sec : 0n);
    const { fabric, ethereum } = this.#swap(when.swap).terms;
    const deadline = {
      ethereum: ethereum.expiresAtSec,
      fabric: fabric.expiresAtSec,
      'fabric refund': fabric.expiresAtSec + FABRIC_PROFILE.gapSec,
    }[when.of];
    const moment = deadline + when.offSec;
    const tooFar = moment > this.#nowSec + 120n;
    return moment < this.#nowSec || tooFar ? this.#nowSec : moment;
  }

  #count(ledger: string, kind: string, outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      const key = `${ledger} ${kind} ${outcome}`;
      this.#tally.set(key, (this.#tally.get(key) ?? 0) + 1);
    }
  }
}

function secretFor(secret: Uint8Array, choice: SecretChoice): Uint8Array {
  switch (choice) {
    case 'right':
      return secret;
    case 'wrong':
      return secret.map((byte) => byte ^ 1);
    case '31 bytes':
      return secret.slice(0, 31);
    case '33 bytes':
      return Uint8Array.of(...secret, 0);
  }
}

function entitled(action: FabricChoice['action'], { fabric }: SwapTerms): PartyName {
  const who = action === 'claim' || action === 'release' ? fabric.beneficiary : fabric.owner;
  return NAMES.find((name) => PARTIES[name].fabric.account.key === who.key) ?? 'mallory';
}

function nameOf(address: Address): PartyName {
  return NAMES.find((name) => PARTIES[name].ethereum === address) ?? 'mallory';
}
