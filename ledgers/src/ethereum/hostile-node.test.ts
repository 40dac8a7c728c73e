import {
  hashLockOf,
  swapIdOf,
  toHex32,
  type EthereumLock,
  type LedgerUpdate,
  type SignedTransaction,
  type SwapTerms,
} from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { terms as fabricTerms } from '../fabric/terms-fixture.ts';
import { createMemorySigner } from '../signers/ethereum-signer.ts';
import { followChain } from './chain-follower.ts';
import { readConservation } from './conservation.ts';
import type { SwapEvent } from './escrow-log.ts';
import type { EscrowReader } from './escrow-reader.ts';
import { fakeEndpoints, header, wireBlock } from './fake-chain.ts';
import { readBlock, readFinalized } from './finality.ts';
import { readEthereumLeg } from './read-leg.ts';
import { ethereumOutcome } from './transaction-outcome.ts';
import { decodeTransaction, signChecked, type UnsignedTransaction } from './transaction.ts';
import type { BlockHeader, WireLog } from './wire.ts';

const secret = new Uint8Array(32).fill(4);
const word = (byte: number) => toHex32(new Uint8Array(32).fill(byte));
const terms: SwapTerms = { ...fabricTerms, hashLock: hashLockOf(secret) };
const lock: EthereumLock = {
  lockId: word(20),
  swapId: swapIdOf(terms),
  owner: terms.ethereum.owner,
  slot: 0n,
  generation: 0n,
  token: terms.ethereum.token,
  amount: terms.ethereum.amount,
  beneficiary: terms.ethereum.beneficiary,
  expiresAtSec: terms.ethereum.expiresAtSec,
  hashLock: terms.hashLock,
  counterpart: word(21),
  direct: false,
};
const claimed = (shown: Uint8Array): SwapEvent => ({
  kind: 'claimed',
  lockId: lock.lockId,
  swapId: lock.swapId,
  secret: shown,
});
const locked = (other: Partial<EthereumLock> = {}): SwapEvent => ({
  kind: 'locked',
  lock: { ...lock, ...other },
});

/** The leg as a node tells it that shows these events in block 1 of a branch, of which block 3 is the head and block `final` final. */
function leg(events: readonly SwapEvent[], { branch = 0, final = 3, open = true } = {}) {
  const endpoints = fakeEndpoints(() => header(3), {
    eth_getBlockByNumber: ([height]) => wireBlock(height === 'finalized' ? final : Number(height)),
  });
  const { hash } = header(1, branch);
  const log = { blockHash: hash, blockHeight: 1n, txId: word(9) } as WireLog;
  const reader = {
    eventsOf: () => Promise.resolve(events.map((event) => ({ event, log }))),
    isOpen: () => Promise.resolve(open),
  } as unknown as EscrowReader;
  return readEthereumLeg(
    {
      endpoints,
      finality: { mode: 'tag' },
      reader,
      startBlock: 0n,
      logRange: 100n,
      maxDurationSec: () => Promise.resolve(1_000n),
    },
    terms,
  );
}

/** How a chain without facts is followed. */
const UNEVENTFUL = {
  pollMs: 1,
  logRange: 100n,
  rescanBlocks: 64n,
  factsIn: () => Promise.resolve([]),
  factsBetween: () => Promise.resolve([]),
  strayedSecrets: () => Promise.resolve([]),
  onTrouble: () => undefined,
  onHead: () => Promise.resolve(),
};

const LIED = { code: 'ENDPOINT_LIED' };

describe('a leg from a node that lies', () => {
  it('is what events and state say together', async () => {
    expect(await leg([locked()])).toMatchObject({ state: 'locked', final: true });
    expect(await leg([locked()], { final: 0 })).toMatchObject({ state: 'locked', final: false });
    expect(await leg([locked(), claimed(secret)])).toMatchObject({ state: 'claimed', secret });
  });

  it('is refused with a lock that is settled, other terms, or a settlement without its lock', async () => {
    await expect(leg([locked()], { open: false })).rejects.toMatchObject(LIED);
    await expect(leg([claimed(secret)])).rejects.toMatchObject(LIED);
    for (const other of [{ amount: 1n }, { expiresAtSec: 1n }, { hashLock: word(1) }])
      await expect(leg([locked(other)])).rejects.toMatchObject({ code: 'TERMS_MISMATCH' });
  });

  it('is refused with a secret that does not open the lock', async () => {
    const shown = claimed(new Uint8Array(32));
    await expect(leg([locked(), shown])).rejects.toMatchObject(LIED);
  });

  it('is refused with a log of a block that does not stand', async () => {
    await expect(leg([locked()], { branch: 1 })).rejects.toMatchObject(LIED);
  });
});

describe('a block of another height', () => {
  it('is refused: whoever follows would wait for the right one and keep each wrong one', async () => {
    const endpoints = fakeEndpoints(() => header(3), { eth_getBlockByNumber: () => wireBlock(2) });
    await expect(readBlock(endpoints, 3n)).rejects.toMatchObject(LIED);
    expect(await readBlock(endpoints, 2n)).toMatchObject({ height: 2n });
  });
});

describe('a head at a height that no chain has', () => {
  const head = { ...header(3), height: 1n << 200n };
  const endpoints = fakeEndpoints(() => head, {
    eth_getBlockByNumber: () => null,
    eth_getLogs: () => [],
  });

  it('does not make the search for a leg endless', async () => {
    const reader = { eventsOf: () => Promise.resolve([]) } as unknown as EscrowReader;
    const search = readEthereumLeg(
      {
        endpoints,
        finality: { mode: 'tag' },
        reader,
        startBlock: 0n,
        logRange: 100n,
        maxDurationSec: () => Promise.resolve(1_000n),
      },
      terms,
    );
    await expect(search).rejects.toMatchObject(LIED);
  });

  it('does not make an audit endless', async () => {
    const { escrow } = terms.ethereum;
    const options = { endpoints, chainId: 1n, escrow, startBlock: 0n, logRange: 100n };
    await expect(readConservation(options, [])).rejects.toMatchObject(LIED);
  });
});

describe('finality of a node', () => {
  it('is none where the node refuses the tag', async () => {
    const endpoints = fakeEndpoints(() => header(3), {});
    expect(await readFinalized(endpoints, { mode: 'tag' }, header(3))).toBeNull();
  });
});

describe('an outcome', () => {
  const txId = word(9);
  const outcome = (branch: number) => {
    const receipt = {
      transactionHash: txId,
      blockHash: header(1, branch).hash,
      blockNumber: '0x1',
      status: '0x1',
      gasUsed: '0x1',
      logs: [],
    };
    const endpoints = fakeEndpoints(() => header(3), {
      eth_getTransactionReceipt: () => receipt,
      eth_getBlockByNumber: ([height]) => wireBlock(height === 'finalized' ? 3 : Number(height)),
      eth_getTransactionByHash: () => ({}),
    });
    const transaction = { txId, bytes: new Uint8Array() } as unknown as SignedTransaction;
    return ethereumOutcome({ endpoints, finality: { mode: 'tag' }, lane: undefined }, transaction);
  };

  it('counts a receipt only in a block that stands', async () => {
    expect(await outcome(0)).toMatchObject({ kind: 'valid', final: true });
    expect(await outcome(1)).toEqual({ kind: 'pending' });
  });
});

describe('a chain that changes between two calls', () => {
  it('is never reported with a block that does not follow the one before it', async () => {
    // Block 1 is of branch 1 while block 0 is still told as that of branch 0; then the node has caught up.
    let polls = 0;
    const endpoints = fakeEndpoints(
      () => {
        polls += 1;
        return polls < 2 ? header(0) : header(1, 1);
      },
      {
        eth_getBlockByNumber: ([height]) =>
          height === 'finalized' ? null : wireBlock(Number(height), polls < 4 ? 0 : 1),
      },
    );
    const stop = new AbortController();
    const updates: LedgerUpdate[] = [];
    const limit = setTimeout(() => stop.abort(), 30_000);
    const follow = followChain(
      {
        ...UNEVENTFUL,
        endpoints,
        finality: { mode: 'tag' },
        startBlock: 0n,
      },
      undefined,
      stop.signal,
    );
    for await (const update of follow) {
      updates.push(update);
      if (update.kind === 'block' && update.block.height === 1n) stop.abort();
    }
    clearTimeout(limit);
    expect(updates.map(({ kind }) => kind)).toContain('rollback');
    let tip: string | undefined;
    for (const update of updates) {
      if (update.kind === 'rollback') tip = update.hash;
      if (update.kind !== 'block') continue;
      if (tip !== undefined && update.block.height > 0n) expect(update.block.parentHash).toBe(tip);
      tip = update.block.hash;
    }
  });
});

describe('final history in which a block', () => {
  const followed = async (found: readonly BlockHeader[]) => {
    const endpoints = fakeEndpoints(() => header(40), {
      eth_getBlockByNumber: ([height]) => wireBlock(height === 'finalized' ? 40 : Number(height)),
    });
    const stop = new AbortController();
    const seen: bigint[] = [];
    const troubles: unknown[] = [];
    const follow = followChain(
      {
        ...UNEVENTFUL,
        endpoints,
        finality: { mode: 'tag' },
        startBlock: 1n,
        logRange: 20n,
        factsBetween: () => Promise.resolve(found.map((block) => ({ block, facts: [] }))),
        onTrouble: (error) => {
          troubles.push(error);
          stop.abort();
        },
      },
      undefined,
      stop.signal,
    );
    for await (const update of follow) {
      if (update.kind === 'block') seen.push(update.block.height);
      if (update.kind === 'finalized') stop.abort();
    }
    return { seen, troubles };
  };

  it('comes twice is told once, and the lie is told', async () => {
    const { seen, troubles } = await followed([header(5), header(5)]);
    expect(seen).toEqual([5n]);
    expect(troubles).toMatchObject([LIED]);
  });

  it('does not follow from the one before it is not told', async () => {
    const { seen, troubles } = await followed([header(5), header(6, 1)]);
    expect(seen).toEqual([5n]);
    expect(troubles).toMatchObject([LIED]);
  });
});

describe('a node without any block', () => {
  it('is refused where a follower wants to go on', async () => {
    const endpoints = fakeEndpoints(() => header(3), { eth_getBlockByNumber: () => null });
    const stop = new AbortController();
    const trouble: unknown[] = [];
    const follow = followChain(
      {
        ...UNEVENTFUL,
        endpoints,
        finality: { mode: 'instant' },
        startBlock: 0n,
        onTrouble: (error) => {
          trouble.push(error);
          stop.abort();
        },
      },
      { height: 2n, hash: header(2).hash },
      stop.signal,
    );
    const updates: LedgerUpdate[] = [];
    for await (const update of follow) updates.push(update);
    expect(updates).toEqual([]);
    expect(trouble).toMatchObject([{ ...LIED, data: { what: 'no genesis block' } }]);
  });
});

describe('a signer that signs something else', () => {
  const wanted: UnsignedTransaction = {
    chainId: 1n,
    nonce: 3n,
    to: terms.ethereum.escrow,
    value: 0n,
    data: '0x1234',
    gasLimit: 100_000n,
    fees: { kind: 'eip1559', maxFeePerGas: 10n, maxPriorityFeePerGas: 1n },
  };
  const own = createMemorySigner(new Uint8Array(32).fill(1));
  const other = createMemorySigner(new Uint8Array(32).fill(2));

  it('is found out by account and by content', async () => {
    const { bytes } = await signChecked(own, wanted);
    expect(decodeTransaction(bytes)).toMatchObject({ nonce: 3n, from: own.address });
    const foreign = { ...own, signTransaction: () => other.signTransaction(wanted) };
    const changed = {
      ...own,
      signTransaction: () => own.signTransaction({ ...wanted, value: 1n }),
    };
    for (const signer of [foreign, changed])
      await expect(signChecked(signer, wanted)).rejects.toMatchObject({ code: 'IDENTITY_INVALID' });
  });
});
