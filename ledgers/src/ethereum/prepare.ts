import {
  consentDigest,
  encodeClaim,
  encodeLock,
  encodeRefund,
  encodeRefundWithConsent,
} from '@midlock/evm';
import {
  ETH,
  MidlockError,
  fromHex,
  swapIdOf,
  toHex,
  verifySecret,
  type EthereumLock,
  type LedgerIntent,
  type LegView,
  type SignedTransaction,
  type SwapTerms,
} from '@midlock/protocol';
import type { EscrowAccount } from './account.ts';
import type { EscrowAddress } from './escrow-log.ts';
import type { Endpoints } from './endpoints.ts';
import { lockedInFlight, type InFlight } from './in-flight.ts';
import { consentGas, lockGas, settleGas, type PayoutGas } from './gas-limits.ts';
import type { Call, Sender, Urgency } from './sender.ts';
import type { EthereumSigner } from './transaction.ts';

/** How a lock is paid: from the balance in the escrow, with the call itself, or from the balance when it suffices. */
export type Funding = 'balance' | 'direct' | 'auto';

export interface PrepareOptions extends EscrowAddress {
  readonly endpoints: Endpoints;
  readonly sender: Sender;
  readonly signer: EthereumSigner;
  readonly account: EscrowAccount;
  readonly funding: Funding;
  readonly payoutGas: () => Promise<PayoutGas>;
  readonly leg: (terms: SwapTerms) => Promise<LegView>;
  /** A lock of this swap that was seen and is still open; spares the search for its event. */
  readonly openLock: (terms: SwapTerms) => Promise<EthereumLock | undefined>;
}

/** How long a beneficiary's consent to an early refund can be used. */
const CONSENT_SEC = 3_600n;

/**
 * Turns a wish into a signed transaction with the next nonce. No node sees a claim's secret here: limits are constants
 * and nothing is simulated.
 * @throws {MidlockError} NETWORK_MISMATCH, NOT_OWNER, NOT_BENEFICIARY, LOCK_EXISTS, LOCK_UNKNOWN, LOCK_SETTLED, CLAIM_TOO_LATE,
 * REFUND_TOO_EARLY, BALANCE_INSUFFICIENT, SECRET_INVALID, FEE_BUDGET; SUBMIT_UNKNOWN while the pool holds a transaction of
 * this account that the store does not know; SWAP_STATE for `decline`, which Ethereum does not have.
 */
export async function prepareIntent(
  options: PrepareOptions,
  intent: LedgerIntent,
  urgency: Urgency,
): Promise<SignedTransaction> {
  const { terms } = intent;
  if (terms.ethereum.chainId !== options.chainId || terms.ethereum.escrow !== options.escrow)
    throw new MidlockError('NETWORK_MISMATCH', {
      chainId: terms.ethereum.chainId,
      escrow: terms.ethereum.escrow,
    });
  switch (intent.action) {
    case 'lock':
      return prepareLock(options, terms, urgency);
    case 'claim':
      if (!verifySecret(intent.secret, terms.hashLock)) throw new MidlockError('SECRET_INVALID');
      return prepareClaim(options, terms, intent.secret, urgency);
    case 'refund':
      return prepareRefund(options, terms, urgency);
    case 'release':
      return prepareRelease(options, terms, urgency);
    case 'decline':
      throw new MidlockError('SWAP_STATE', { action: 'decline', ledger: 'ethereum' });
  }
}

async function prepareLock(
  options: PrepareOptions,
  terms: SwapTerms,
  urgency: Urgency,
): Promise<SignedTransaction> {
  const { sender, account, escrow } = options;
  const { owner, token, amount } = terms.ethereum;
  if (owner !== sender.account)
    throw new MidlockError('NOT_OWNER', { owner, account: sender.account });
  // What must not be done twice stands on the ledger, not in a memory that may be an old copy.
  if ((await options.leg(terms)).state !== 'none')
    throw new MidlockError('LOCK_EXISTS', { swapId: swapIdOf(terms) });
  return sender.lane.choosingSlots(async ({ slots, transactions, foreign }) => {
    // It may be this very lock, sent by a process whose store is lost; once it is mined, the leg tells.
    if (foreign)
      throw new MidlockError('SUBMIT_UNKNOWN', {
        account: sender.account,
        reason: 'a transaction in the pool that this store does not know',
      });
    const direct = await paysDirectly(options, terms, lockedInFlight(transactions, escrow, token));
    const place = { direct, ...(await account.freeSlot(slots)) };
    const call: Call = {
      to: escrow,
      data: encodeLock(terms, place),
      value: direct && token === ETH ? amount : 0n,
      gasLimit: lockGas(direct),
    };
    await account.simulate(call);
    return sender.sign(call, { ...urgency, slots: [place.slot] });
  });
}

/** Chooses the way of payment. Throws BALANCE_INSUFFICIENT, for a token also when the allowance is too small. */
async function paysDirectly(
  { account, funding }: PrepareOptions,
  { ethereum: { token, amount: needed } }: SwapTerms,
  inFlight: InFlight,
): Promise<boolean> {
  const has = funding === 'direct' ? 0n : (await account.balance(token)) - inFlight.balance;
  if (has >= needed) return false;
  if (funding === 'balance')
    throw new MidlockError('BALANCE_INSUFFICIENT', { token, needed, has, where: 'escrow' });
  // ETH that goes with the call is checked together with the fees.
  if (token === ETH) return true;
  const [held, allowed] = await Promise.all([
    account.tokenBalance(token),
    account.allowance(token),
  ]);
  for (const [where, amount] of [
    ['account', held],
    ['allowance', allowed],
  ] as const) {
    const free = amount - inFlight.direct;
    if (free < needed)
      throw new MidlockError('BALANCE_INSUFFICIENT', { token, needed, has: free, where });
  }
  return true;
}

async function prepareClaim(
  options: PrepareOptions,
  terms: SwapTerms,
  secret: Uint8Array,
  urgency: Urgency,
): Promise<SignedTransaction> {
  const lock = await standingLock(options, terms);
  const { timeSec } = await options.endpoints.head();
  const { expiresAtSec } = lock;
  // The next block is at least a second younger than the head.
  if (timeSec + 1n >= expiresAtSec)
    throw new MidlockError('CLAIM_TOO_LATE', { timeSec, expiresAtSec });
  return options.sender.sign(
    {
      to: options.escrow,
      data: encodeClaim(lock, secret),
      value: 0n,
      gasLimit: settleGas(lock, await options.payoutGas()),
    },
    { urgentBySec: expiresAtSec, ...urgency },
  );
}

async function prepareRefund(
  options: PrepareOptions,
  terms: SwapTerms,
  urgency: Urgency,
): Promise<SignedTransaction> {
  return prepareReturn(options, await standingLock(options, terms), urgency);
}

/**
 * A refund from the lock alone, for an owner who has lost the terms. Whether the lock is still open is for the escrow to say.
 * @throws {MidlockError} REFUND_TOO_EARLY, FEE_BUDGET.
 */
export async function prepareReturn(
  options: PrepareOptions,
  lock: EthereumLock,
  urgency: Urgency,
): Promise<SignedTransaction> {
  const { timeSec } = await options.endpoints.head();
  const { expiresAtSec } = lock;
  if (timeSec + 1n < expiresAtSec)
    throw new MidlockError('REFUND_TOO_EARLY', { timeSec, expiresAtSec });
  return options.sender.sign(
    {
      to: options.escrow,
      data: encodeRefund(lock),
      value: 0n,
      gasLimit: settleGas(lock, await options.payoutGas()),
    },
    urgency,
  );
}

/** The beneficiary gives the lock back early: it signs its consent and sends it itself. */
async function prepareRelease(
  options: PrepareOptions,
  terms: SwapTerms,
  urgency: Urgency,
): Promise<SignedTransaction> {
  const { signer, escrow } = options;
  const lock = await standingLock(options, terms);
  if (lock.beneficiary !== signer.address)
    throw new MidlockError('NOT_BENEFICIARY', {
      beneficiary: lock.beneficiary,
      account: signer.address,
    });
  const { timeSec } = await options.endpoints.head();
  const consent = { lockId: lock.lockId, expiresAtSec: timeSec + CONSENT_SEC };
  const digest = fromHex(consentDigest(options.chainId, escrow, consent));
  const signature = await signer.signDigest(digest);
  return options.sender.sign(
    {
      to: escrow,
      data: encodeRefundWithConsent(lock, { ...consent, signature: toHex(signature) }),
      value: 0n,
      gasLimit: consentGas(lock, await options.payoutGas()),
    },
    urgency,
  );
}

/** The open lock of a swap. Throws LOCK_UNKNOWN, LOCK_SETTLED. */
export async function standingLock(
  options: PrepareOptions,
  terms: SwapTerms,
): Promise<EthereumLock> {
  const seen = await options.openLock(terms);
  if (seen !== undefined) return seen;
  const view = await options.leg(terms);
  if (view.state === 'locked' && view.lock !== undefined) return view.lock;
  const code = view.state === 'none' ? 'LOCK_UNKNOWN' : 'LOCK_SETTLED';
  throw new MidlockError(code, { swapId: swapIdOf(terms), state: view.state });
}
