import {
  createEthereumModel,
  encodeCall,
  type EthereumCall,
  type EthereumFlaw,
  type ModelLock,
} from '@midlock/client/model';
import { errorCode } from '@midlock/evm';
import { ETH, swapIdOf, toHex, type Address, type SwapTerms } from '@midlock/protocol';
import { NAMES, PARTIES } from '../parties.ts';
import { CREDIT, ESCROW_SEC, START_SEC, WALLET } from '../rules.ts';
import type { EthereumCommand, EthereumSide, EthereumView, LockView, Outcome } from '../sides.ts';

export interface EthereumModelSideOptions {
  readonly token: Address;
  /** Whether locks are paid from and into wallets, or from and into balances of the escrow. */
  readonly direct: boolean;
  readonly flaws?: ReadonlySet<EthereumFlaw>;
  readonly minDurationSec?: bigint;
  readonly maxDurationSec?: bigint;
}

type Draft = Pick<EthereumCall, 'from' | 'action' | 'terms' | 'secret' | 'consent'>;

/** The client's model of Ethereum behind the comparison's interface. A batch is its entries as single calls in one block. */
export function createEthereumModelSide(options: EthereumModelSideOptions): EthereumSide {
  const { token, direct, flaws } = options;
  const tokens = [ETH, token];
  const model = createEthereumModel({
    startSec: START_SEC,
    minDurationSec: options.minDurationSec ?? ESCROW_SEC.min,
    maxDurationSec: options.maxDurationSec ?? ESCROW_SEC.max,
    balances: NAMES.flatMap((name) =>
      tokens.map((one) => ({
        account: PARTIES[name].ethereum,
        token: one,
        amount: direct ? WALLET : CREDIT,
      })),
    ),
    ...(flaws === undefined ? {} : { flaws }),
  });
  const known = new Set<ReturnType<typeof swapIdOf>>();

  function play(drafts: readonly Draft[], atSec: bigint): Outcome[] {
    const ids = drafts.map((draft, index) => {
      if (draft.terms !== undefined) known.add(swapIdOf(draft.terms));
      const nonce = model.nonce(draft.from) + BigInt(index);
      return model.send(encodeCall({ ...draft, nonce, fee: 1n }).bytes);
    });
    model.mine(atSec);
    return ids.map((id) => {
      const receipt = model.receipt(id);
      if (receipt === undefined) throw new Error(`the model did not run ${id}`);
      return receipt.refusal === undefined ? 'accepted' : codeOf(receipt.refusal);
    });
  }

  /** All or nothing: the first refusal of an order, else too little money, takes the whole batch back. */
  function lockMany(swaps: readonly SwapTerms[], atSec: bigint): Outcome[] {
    const outcomes = play(
      swaps.map((terms) => ({ from: terms.ethereum.owner, action: 'lock', terms })),
      atSec,
    );
    const refusals = outcomes.filter((outcome) => outcome !== 'accepted');
    if (refusals.length === 0) return outcomes;
    model.reorg(1, 'lost');
    return [refusals.find((code) => code !== 'BALANCE_INSUFFICIENT') ?? 'BALANCE_INSUFFICIENT'];
  }

  function consentOf({
    terms,
    consent,
  }: Extract<EthereumCommand, { kind: 'consent' }>): NonNullable<EthereumCall['consent']> {
    const all = model.locksOf(swapIdOf(terms));
    const lock = consentedLock(all, consent.over);
    return {
      signer: PARTIES[consent.signer].ethereum,
      expiresAtSec: consent.expiresAtSec,
      ...(lock === undefined ? {} : { lockId: lock.lockId }),
    };
  }

  function act(command: EthereumCommand, atSec: bigint): readonly Outcome[] {
    switch (command.kind) {
      case 'lock':
        return play(
          [{ from: command.terms.ethereum.owner, action: 'lock', terms: command.terms }],
          atSec,
        );
      case 'claim': {
        const { by, terms, secret } = command;
        return play([{ from: PARTIES[by].ethereum, action: 'claim', terms, secret }], atSec);
      }
      case 'refund':
        return play(
          [{ from: PARTIES[command.by].ethereum, action: 'refund', terms: command.terms }],
          atSec,
        );
      case 'consent': {
        const { by, terms } = command;
        const consent = consentOf(command);
        return play([{ from: PARTIES[by].ethereum, action: 'release', terms, consent }], atSec);
      }
      case 'lockMany':
        return lockMany(command.swaps, atSec);
      case 'claimMany':
        return play(
          command.claims.map(({ terms, secret }) => ({
            from: PARTIES[command.by].ethereum,
            action: 'claim',
            terms,
            secret,
          })),
          atSec,
        );
      case 'refundMany':
        return play(
          command.swaps.map((terms) => ({
            from: PARTIES[command.by].ethereum,
            action: 'refund',
            terms,
          })),
          atSec,
        );
    }
  }

  function view(): EthereumView {
    const amounts = (still: bigint, moving: boolean): Record<string, string> =>
      Object.fromEntries(
        NAMES.flatMap((name) =>
          tokens.map((one) => [
            `${name} ${one}`,
            String(moving ? model.balance(PARTIES[name].ethereum, one) : still),
          ]),
        ),
      );
    const credits = amounts(CREDIT, !direct);
    const wallets = amounts(WALLET, direct);
    const owed = tokens.map((one) => {
      // The model knows one kind of balance: what is neither in wallets nor anywhere else is the escrow's.
      const [added, taken] = direct ? [credits, wallets] : [{}, {}];
      return [one, String(model.supply(one) + sumOf(added, one) - sumOf(taken, one))];
    });
    const locks = [...known].flatMap((swapId) => {
      const all = model.locksOf(swapId);
      return all.length === 0 ? [] : [[swapId, all.map(lockView)] as const];
    });
    return {
      credits,
      wallets,
      owed: Object.fromEntries(owed) as Record<string, string>,
      locks: Object.fromEntries(locks),
    };
  }

  return {
    act: (command, atSec) => Promise.resolve(act(command, atSec)),
    view: () => Promise.resolve(view()),
  };
}

/** Which of a swap's locks, oldest first, a settlement names: the first open one, else the last. */
export function namedLock<L extends { readonly state: string }>(
  all: readonly L[],
  place = 0,
): L | undefined {
  return all.filter(({ state }) => state === 'locked')[place] ?? all.at(-1);
}

/** Which lock a consent is signed over. */
export function consentedLock<L extends { readonly state: string }>(
  all: readonly L[],
  over: 'this' | 'former',
): L | undefined {
  const named = namedLock(all);
  if (over === 'this' || named === undefined) return named;
  return all[all.indexOf(named) - 1] ?? named;
}

function sumOf(amounts: Readonly<Record<string, string>>, token: Address): bigint {
  return Object.entries(amounts).reduce(
    (sum, [key, amount]) => (key.endsWith(` ${token}`) ? sum + BigInt(amount) : sum),
    0n,
  );
}

function lockView({ state, hashLock, owner, beneficiary, amount, secret }: ModelLock): LockView {
  return {
    state,
    hashLock,
    owner,
    beneficiary,
    amount: String(amount),
    secret: secret === undefined ? undefined : toHex(secret),
  };
}

function codeOf(refusal: string): Outcome {
  const code = errorCode(refusal);
  if (code === undefined) throw new Error(`the model refuses with ${refusal}, which is no code`);
  return code;
}
