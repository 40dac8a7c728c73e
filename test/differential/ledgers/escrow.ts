import {
  consentDigest,
  decodeEscrowLog,
  encodeClaim,
  encodeClaimMany,
  encodeLock,
  encodeLockMany,
  encodeRefund,
  encodeRefundMany,
  encodeRefundWithConsent,
  errorCode,
  escrowError,
  ESCROW,
  lockIdOf,
  DEMO_TOKEN_ABI,
  packStake,
  packTicket,
  readFreeSlots,
  type EscrowEvent,
  type FreeSlot,
} from '@midlock/evm';
import {
  counterpartHash,
  ETH,
  isMidlockError,
  swapIdOf,
  toHex,
  type Address,
  type EthereumLock,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import { Interface } from 'ethers';
import { consentedLock, namedLock } from '../models/ethereum.ts';
import { NAMES, PARTIES } from '../parties.ts';
import { WALLET } from '../rules.ts';
import type { EthereumCommand, EthereumSide, EthereumView, LockView, Outcome } from '../sides.ts';
import type { EscrowChain, Mined } from './escrow-chain.ts';

interface KnownLock {
  readonly lock: EthereumLock;
  readonly state: LockView['state'];
  readonly secret?: string;
}

interface Transaction {
  readonly from: Address;
  readonly data: string;
  readonly value: bigint;
}

const TOKEN = new Interface(DEMO_TOKEN_ABI);
const STATUS_OPEN = 1n;
const NOTHING = `0x${'0'.repeat(64)}`;

/**
 * The escrow on anvil behind the comparison's interface. It knows locks from the escrow's events only. Where a settled lock's slot is
 * taken again, the escrow answers LOCK_UNKNOWN (evm/README.md, Limits); this side says LOCK_SETTLED then, as its own book has it.
 */
export async function openEscrowSide(chain: EscrowChain, direct: boolean): Promise<EthereumSide> {
  await chain.reset();
  const { escrow, token, chainId } = chain;
  const tokens = [ETH, token];
  const locks = new Map<Hex32, KnownLock[]>();
  const fees = new Map<Address, bigint>();
  const read = (data: string): Promise<string> => chain.call(escrow, data);

  const locksOf = (terms: SwapTerms): readonly KnownLock[] => locks.get(swapIdOf(terms)) ?? [];
  const freeSlots = (owner: Address, count: number): Promise<FreeSlot[]> =>
    readFreeSlots(read, owner, { count });

  /** A reference to a lock that nobody made. */
  async function imagined(terms: SwapTerms): Promise<EthereumLock> {
    const [slot] = await freeSlots(terms.ethereum.owner, 1);
    return asLock(terms, slot as FreeSlot, direct);
  }

  /** What a settlement of `terms` names; altered terms name the slot in which the true swap stands open. */
  async function reference(terms: SwapTerms, truly: SwapTerms, place = 0): Promise<EthereumLock> {
    const own = namedLock(locksOf(terms), place);
    if (own !== undefined) return own.lock;
    const other = namedLock(locksOf(truly));
    return other?.state === 'locked'
      ? asLock(terms, { slot: other.lock.slot, generation: other.lock.generation }, direct)
      : imagined(terms);
  }

  /** References of a batch: a swap that comes again names its next open lock. */
  async function references(swaps: readonly SwapTerms[]): Promise<EthereumLock[]> {
    const seen = new Map<Hex32, number>();
    const found: EthereumLock[] = [];
    for (const terms of swaps) {
      const swapId = swapIdOf(terms);
      const place = seen.get(swapId) ?? 0;
      seen.set(swapId, place + 1);
      found.push(await reference(terms, terms, place));
    }
    return found;
  }

  async function transactionOf(
    command: EthereumCommand,
  ): Promise<Transaction & { readonly named: readonly EthereumLock[] }> {
    switch (command.kind) {
      case 'lock': {
        const { ethereum } = command.terms;
        const [slot] = await freeSlots(ethereum.owner, 1);
        const data = encodeLock(command.terms, { ...(slot as FreeSlot), direct });
        const value = direct && ethereum.token === ETH ? ethereum.amount : 0n;
        return { from: ethereum.owner, data, value, named: [] };
      }
      case 'claim': {
        const lock = await reference(command.terms, command.truly);
        return sentBy(command.by, encodeClaim(lock, command.secret), [lock]);
      }
      case 'refund': {
        const lock = await reference(command.terms, command.truly);
        return sentBy(command.by, encodeRefund(lock), [lock]);
      }
      case 'consent': {
        const { by, terms, consent } = command;
        const lock = await reference(terms, terms);
        const over = consentedLock(locksOf(terms), consent.over)?.lock ?? lock;
        const { expiresAtSec } = consent;
        const digest = consentDigest(chainId, escrow, { lockId: over.lockId, expiresAtSec });
        const signature = await sign(consent.signer, digest);
        return sentBy(by, encodeRefundWithConsent(lock, { expiresAtSec, signature }), [lock]);
      }
      case 'lockMany': {
        const [first] = command.swaps;
        const { owner, token: one } = (first as SwapTerms).ethereum;
        const slots = await freeSlots(owner, command.swaps.length);
        const orders = command.swaps.map((terms, index) => ({
          terms,
          choice: { ...(slots[index] as FreeSlot), direct: false },
        }));
        return { from: owner, data: encodeLockMany(one, orders), value: 0n, named: [] };
      }
      case 'claimMany': {
        const named = await references(command.claims.map(({ terms }) => terms));
        const claims = named.map((lock, index) => ({
          lock,
          secret: command.claims[index]?.secret ?? new Uint8Array(32),
        }));
        return sentBy(command.by, encodeClaimMany(tokenOf(named), claims), named);
      }
      case 'refundMany': {
        const named = await references(command.swaps);
        return sentBy(command.by, encodeRefundMany(tokenOf(named), named), named);
      }
    }
  }

  async function sign(by: keyof typeof PARTIES, digest: Hex32): Promise<string> {
    // The wallet looks at the digest only, so that it must forget what it said yes to before.
    await chain.approve(by === 'carol' ? digest : NOTHING);
    return by === 'carol' ? '0x' : PARTIES[by].key.sign(digest).serialized;
  }

  async function act(command: EthereumCommand, atSec: bigint): Promise<readonly Outcome[]> {
    const made = await transactionOf(command).catch((error: unknown) => {
      if (isMidlockError(error, 'AMOUNT_INVALID')) return error.code;
      throw error;
    });
    if (typeof made === 'string') return [made];
    const hidden = made.named.map(isHidden);
    const mined = await chain.send(made, atSec);
    const known = (code: Outcome, index: number): Outcome =>
      code === 'LOCK_UNKNOWN' && hidden[index] === true ? 'LOCK_SETTLED' : code;
    fees.set(made.from, (fees.get(made.from) ?? 0n) + mined.feeWei);
    if (!mined.ok) return [known(escrowError(mined.revertData).code, 0)];
    return book(mined).map(known);
  }

  /** Writes a receipt's events down; the outcome of each entry, in order. */
  function book({ logs }: Mined): Outcome[] {
    const events = logs.flatMap((log) =>
      log.address === escrow ? (decodeEscrowLog(log, chainId) ?? []) : [],
    );
    return events.flatMap((event): Outcome[] => {
      if (event.kind === 'skipped') return [errorCode(event.reason) ?? 'INTERNAL'];
      if (event.kind === 'payout-credited') throw new Error('a payout failed');
      return [enter(event)];
    });
  }

  function enter(event: EscrowEvent): Outcome {
    if (event.kind === 'locked') {
      const { lock } = event;
      locks.set(lock.swapId, [...(locks.get(lock.swapId) ?? []), { lock, state: 'locked' }]);
      return 'accepted';
    }
    if (event.kind !== 'claimed' && event.kind !== 'refunded')
      throw new Error(`unexpected event ${event.kind}`);
    const { swapId, lockId, kind } = event;
    const all = locks.get(swapId) ?? [];
    const open = all.find(({ lock, state }) => lock.lockId === lockId && state === 'locked');
    if (open === undefined) throw new Error(`${kind}: no open lock ${lockId}`);
    const ended: KnownLock = {
      lock: open.lock,
      state: kind,
      ...(event.kind === 'claimed' ? { secret: toHex(event.secret) } : {}),
    };
    locks.set(
      swapId,
      all.map((one) => (one === open ? ended : one)),
    );
    return 'accepted';
  }

  /** True for a settled lock whose slot is taken again. */
  function isHidden({ lockId, owner, slot }: EthereumLock): boolean {
    const all = [...locks.values()].flat();
    return (
      all.some(({ lock, state }) => state !== 'locked' && lock.lockId === lockId) &&
      all.some(
        ({ lock, state }) => state === 'locked' && lock.owner === owner && lock.slot === slot,
      )
    );
  }

  async function view(): Promise<EthereumView> {
    const cells = NAMES.flatMap((name) =>
      tokens.map((one) => ({ key: `${name} ${one}`, account: PARTIES[name].ethereum, one })),
    );
    const open = [...locks.values()].flat();
    const answers = await chain.calls([
      ...cells.map(({ account, one }) =>
        ethCall(escrow, ESCROW.encodeFunctionData('balanceOf', [one, account])),
      ),
      ...[...cells, ...tokens.map((one) => ({ account: escrow, one }))].map(({ account, one }) =>
        one === ETH
          ? (['eth_getBalance', [account, 'latest']] as const)
          : ethCall(token, TOKEN.encodeFunctionData('balanceOf', [account])),
      ),
      ...open.map(({ lock }) =>
        ethCall(
          escrow,
          ESCROW.encodeFunctionData('statusOf', [
            lock.token,
            lock.hashLock,
            [packStake(lock), lock.swapId, packTicket(lock)],
          ]),
        ),
      ),
    ]);
    const numbers = answers.map(BigInt);
    open.forEach(({ lock, state }, index) => {
      const isOpen = numbers[2 * cells.length + tokens.length + index] === STATUS_OPEN;
      if (isOpen !== (state === 'locked'))
        throw new Error(`${lock.lockId} is ${state} by its events, but open: ${String(isOpen)}`);
    });
    const wallet = (index: number): string => {
      const { account, one } = cells[index] as (typeof cells)[number];
      const has = numbers[cells.length + index] ?? 0n;
      // Wallets begin with twice as much ether, for fees.
      return String(one === ETH ? has + (fees.get(account) ?? 0n) - WALLET : has);
    };
    return {
      credits: Object.fromEntries(cells.map(({ key }, index) => [key, String(numbers[index])])),
      wallets: Object.fromEntries(cells.map(({ key }, index) => [key, wallet(index)])),
      owed: Object.fromEntries(
        tokens.map((one, index) => [one, String(numbers[2 * cells.length + index])]),
      ),
      locks: Object.fromEntries(
        [...locks].map(([swapId, all]) => [swapId, all.map(lockView)] as const),
      ),
    };
  }

  return { act, view };
}

const ethCall = (to: Address, data: string): readonly [string, readonly unknown[]] => [
  'eth_call',
  [{ to, data }, 'latest'],
];

function sentBy(
  by: 'alice' | 'bob' | 'mallory',
  data: string,
  named: readonly EthereumLock[],
): Transaction & { readonly named: readonly EthereumLock[] } {
  return { from: PARTIES[by].ethereum, data, value: 0n, named };
}

function tokenOf(locks: readonly EthereumLock[]): Address {
  return locks[0]?.token ?? ETH;
}

function asLock(terms: SwapTerms, place: FreeSlot, direct: boolean): EthereumLock {
  const { ethereum, hashLock } = terms;
  const swapId = swapIdOf(terms);
  const { owner } = ethereum;
  return {
    lockId: lockIdOf({
      ...place,
      swapId,
      chainId: ethereum.chainId,
      escrow: ethereum.escrow,
      owner,
    }),
    swapId,
    owner,
    ...place,
    token: ethereum.token,
    amount: ethereum.amount,
    beneficiary: ethereum.beneficiary,
    expiresAtSec: ethereum.expiresAtSec,
    hashLock,
    counterpart: counterpartHash(terms),
    direct,
  };
}

function lockView({ lock, state, secret }: KnownLock): LockView {
  const { hashLock, owner, beneficiary, amount } = lock;
  return { state, hashLock, owner, beneficiary, amount: String(amount), secret };
}
