import {
  MidlockError,
  swapIdOf,
  verifySecret,
  type Address,
  type EthereumLock,
  type LedgerIntent,
  type LedgerUpdate,
  type SwapTerms,
} from '@midlock/protocol';
import { unheardEntry, type NonceStore } from '@midlock/ledgers';
import type { LedgerPort } from '../ports.ts';
import type { Bell } from './bell.ts';
import { decodeCall, encodeCall, type EthereumModel } from './ethereum-model.ts';
import { followModel, type ModelChain } from './follow.ts';

/** One party's view of the Ethereum model, with its nonces in a durable lane as the real adapter keeps them. */
export function createEthereumPort(
  model: EthereumModel,
  bell: Bell,
  account: Address,
  nonces: NonceStore,
): LedgerPort {
  let lane: Promise<unknown> = Promise.resolve();

  function inLane<T>(work: () => Promise<T>): Promise<T> {
    const result = lane.then(work, work);
    lane = result.catch(() => undefined);
    return result;
  }

  async function nextNonce(): Promise<bigint> {
    const top = (await nonces.load(account)).at(-1)?.nonce ?? -1n;
    // What nodes call the pending count: blocks and pool.
    const pooled = model.pool().filter(({ call }) => call.from === account).length;
    const pending = model.nonce(account) + BigInt(pooled);
    return top + 1n > pending ? top + 1n : pending;
  }

  async function refuseSecondLock(terms: SwapTerms): Promise<void> {
    const swapId = swapIdOf(terms);
    if (model.locksOf(swapId).length > 0) throw new MidlockError('LOCK_EXISTS', { swapId });
    const known = await nonces.load(account);
    const foreign = model
      .pool()
      .some(
        ({ call }) => call.from === account && known.every(({ nonce }) => nonce !== call.nonce),
      );
    if (foreign) throw new MidlockError('SUBMIT_UNKNOWN', { account });
  }

  async function unheard(purpose: string | undefined): Promise<bigint | undefined> {
    return unheardEntry(await nonces.load(account), purpose, model.nonce(account))?.nonce;
  }

  async function record(
    nonce: bigint,
    signed: { txId: string; bytes: Uint8Array },
    purpose: string | undefined,
  ): Promise<void> {
    const known = (await nonces.load(account)).find((entry) => entry.nonce === nonce);
    await nonces.put(account, {
      ...(purpose === undefined ? {} : { purpose }),
      createdAtMs: 0n,
      sent: false,
      ...known,
      nonce,
      signed: [...(known?.signed ?? []), signed],
    });
  }

  async function markSent(nonce: bigint): Promise<void> {
    const entry = (await nonces.load(account)).find((candidate) => candidate.nonce === nonce);
    if (entry !== undefined) await nonces.put(account, { ...entry, sent: true });
  }

  /** A nonce that nobody will use blocks all above it. */
  async function fillHoles(): Promise<void> {
    const entries = await nonces.load(account);
    const top = entries.at(-1)?.nonce ?? -1n;
    for (let nonce = model.nonce(account); nonce < top; nonce += 1n) {
      if (entries.some((entry) => entry.nonce === nonce)) continue;
      const { txId, bytes } = encodeCall({ from: account, nonce, fee: 8n, action: 'filler' });
      await nonces.put(account, { createdAtMs: 0n, sent: true, nonce, signed: [{ txId, bytes }] });
      model.send(bytes);
    }
  }

  const head = (): Promise<Awaited<ReturnType<LedgerPort['head']>>> => {
    const tip = model.blocks.at(-1);
    return Promise.resolve({
      height: tip?.height ?? 0n,
      hash: tip?.hash ?? '',
      timeSec: tip?.timeSec ?? 0n,
      finalizedHeight: model.finalizedHeight,
    });
  };
  return {
    ledger: 'ethereum',
    head,
    prepare: (intent: LedgerIntent, { replaces, purpose }) =>
      inLane(async () => {
        // As the real adapter: what must not be done twice is asked of the ledger, not of a memory.
        if (intent.action === 'lock' && replaces === undefined)
          await refuseSecondLock(intent.terms);
        const old = replaces === undefined ? undefined : decodeCall(replaces.bytes);
        const nonce = old?.nonce ?? (await unheard(purpose)) ?? (await nextNonce());
        const { action, terms } = intent;
        const call = {
          from: account,
          nonce,
          fee: old === undefined ? 8n : old.fee + old.fee / 8n + 1n,
          action,
          terms,
          ...(intent.action === 'claim' ? { secret: intent.secret } : {}),
        };
        const { txId, bytes } = encodeCall(call);
        await record(nonce, { txId, bytes }, purpose);
        return { ledger: 'ethereum', txId, bytes, lane: { account, nonce } } as const;
      }),
    prepareReturn: (lock) =>
      inLane(async () => {
        const made = model.blocks
          .flatMap(({ calls }) => calls)
          .findLast(({ action, terms }) => action === 'lock' && madeLock(terms, lock));
        if (made?.terms === undefined) throw new MidlockError('LOCK_UNKNOWN');
        if ((model.blocks.at(-1)?.timeSec ?? 0n) + 1n < lock.expiresAtSec)
          throw new MidlockError('REFUND_TOO_EARLY');
        const call = { from: account, fee: 8n, action: 'refund', terms: made.terms } as const;
        const nonce = await nextNonce();
        const { txId, bytes } = encodeCall({ ...call, nonce });
        await record(nonce, { txId, bytes }, undefined);
        return { ledger: 'ethereum', txId, bytes, lane: { account, nonce } } as const;
      }),
    submit: ({ bytes }) =>
      inLane(async () => {
        await markSent(decodeCall(bytes).nonce);
        await fillHoles();
        model.send(bytes);
        bell.ring();
      }),
    abandon: ({ lane: place }) =>
      inLane(async () => {
        const entries = await nonces.load(account);
        const entry = entries.find(({ nonce }) => nonce === place?.nonce);
        if (entry === undefined || entry.sent) return;
        await nonces.delete(account, entry.nonce);
        await fillHoles();
        bell.ring();
      }),
    outcome({ txId }) {
      const receipt = model.receipt(txId);
      const final = receipt !== undefined && receipt.at.height <= model.finalizedHeight;
      if (receipt !== undefined)
        return Promise.resolve(
          receipt.refusal === undefined
            ? { kind: 'valid', at: receipt.at, final }
            : { kind: 'invalid', at: receipt.at, code: receipt.refusal, final },
        );
      const pending = model.pool().some((entry) => entry.txId === txId);
      return Promise.resolve({ kind: pending ? 'pending' : 'unknown' });
    },
    leg(terms) {
      // As the adapter: a claim of any lock decides, then a lock that is open, then a refund.
      const locks = model.locksOf(swapIdOf(terms));
      const lock = (['claimed', 'locked', 'refunded'] as const)
        .map((state) => locks.findLast((each) => each.state === state))
        .find((each) => each !== undefined);
      if (lock === undefined) return Promise.resolve({ state: 'none' });
      const final = lock.at.height <= model.finalizedHeight;
      if (lock.state === 'claimed')
        return Promise.resolve({
          state: 'claimed',
          final,
          at: lock.at,
          secret: lock.secret ?? new Uint8Array(),
        });
      return Promise.resolve(
        lock.state === 'locked'
          ? { state: 'locked', final, at: lock.at, lock }
          : { state: 'refunded', final, at: lock.at },
      );
    },
    watch: (cursor, signal) => followModel(ethereumChain(model), bell, cursor, signal),
  };
}

/** The model's calls carry whole terms where the escrow's carry the lock. */
function madeLock(terms: SwapTerms | undefined, { swapId }: EthereumLock): boolean {
  return terms !== undefined && swapIdOf(terms) === swapId;
}

function ethereumChain(model: EthereumModel): ModelChain {
  return {
    ledger: 'ethereum',
    blocks: () => model.blocks,
    finalizedHeight: () => model.finalizedHeight,
    strayed: () =>
      model.pool().flatMap(({ call }): LedgerUpdate[] =>
        call.terms !== undefined &&
        call.secret !== undefined &&
        verifySecret(call.secret, call.terms.hashLock)
          ? [
              {
                kind: 'secret',
                ledger: 'ethereum',
                hashLock: call.terms.hashLock,
                secret: call.secret,
              },
            ]
          : [],
      ),
  };
}
