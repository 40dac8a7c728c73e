import { common } from '@hyperledger/fabric-protos';
import { describe, expect, it } from 'vitest';
import { MidlockError, type Cursor, type LedgerUpdate } from '@midlock/protocol';
import { parseBlock } from './block.ts';
import { claimEnvelope, signedBlock } from './block-fixture.ts';
import type { OrganizationGateway } from './transport.ts';
import type { Queries } from './queries.ts';
import { watchFabric } from './watch.ts';

const VALID = 0;
const MVCC = 11;
const claim = claimEnvelope('ab'.repeat(32));

/** A chain of two blocks: nothing, then a claim with the given validation code. */
function chain(code: number): readonly common.Block[] {
  const first = signedBlock({
    number: 0,
    previousHash: new Uint8Array(),
    envelopes: [],
    flags: [],
  });
  const previousHash = Buffer.from(parseBlock(first).hash.slice(2), 'hex');
  return [first, signedBlock({ number: 1, previousHash, envelopes: [claim], flags: [code] })];
}

/** A peer that streams its blocks and then stays silent. */
function gateway(mspId: string, blocks: readonly common.Block[]): OrganizationGateway {
  const unused = () => Promise.reject(new Error('unused'));
  return {
    mspId,
    endpoint: mspId,
    evaluate: unused,
    endorse: unused,
    blocks: async function* (start, signal) {
      yield* blocks.slice(Number(start));
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
      throw new Error('stream ended');
    },
  };
}

async function watch(
  peers: Readonly<Record<string, readonly common.Block[]>>,
  quorum: number,
  wanted: number,
  cursor?: Cursor,
) {
  const trouble: unknown[] = [];
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), 30_000);
  const queries = {
    blockFrom: (mspId: string, height: bigint) => {
      const block = peers[mspId]?.[Number(height)];
      return Promise.resolve(block === undefined ? undefined : parseBlock(block));
    },
    height: () =>
      Promise.resolve({
        height: BigInt(Math.max(...Object.values(peers).map(({ length }) => length)) - 1),
        hash: '',
      }),
  } as unknown as Queries;
  const updates: LedgerUpdate[] = [];
  const follow = watchFabric(
    {
      chaincode: 'midlock',
      gateways: Object.entries(peers).map(([mspId, blocks]) => gateway(mspId, blocks)),
      queries,
      peers: { organizations: Object.keys(peers), quorum, sleep: () => Promise.resolve() },
      startBlock: 0n,
      stallMs: 20,
      sleep: () => Promise.resolve(),
      onTrouble: (error) => {
        trouble.push(error);
        if (trouble.length > 20) stop.abort();
      },
    },
    cursor,
    stop.signal,
  );
  for await (const update of follow) {
    updates.push(update);
    if (updates.filter(({ kind }) => kind === 'block').length === wanted) stop.abort();
  }
  clearTimeout(limit);
  return { updates, trouble };
}

const secretsIn = (updates: readonly LedgerUpdate[]): number =>
  updates.filter(({ kind }) => kind === 'secret').length;

describe('watching through peers that may lie', () => {
  it('believes a validation code, which no hash covers, only from a quorum', async () => {
    const honest = chain(MVCC);
    const lying = chain(VALID);
    expect(parseBlock(honest[1]!).hash).toBe(parseBlock(lying[1]!).hash);
    const { updates, trouble } = await watch({ Liar: lying, A: honest, B: honest }, 2, 2);
    expect(trouble[0]).toMatchObject({ code: 'ENDPOINT_LIED' });
    // The second peer's word stands: the claim is not valid, and its secret is out.
    expect(secretsIn(updates)).toBe(1);
  });

  it('reports nothing while nobody confirms', async () => {
    const { updates, trouble } = await watch({ Liar: chain(VALID), A: chain(MVCC) }, 2, 2);
    expect(updates.filter(({ kind }) => kind === 'block')).toHaveLength(1);
    expect(trouble.every((error) => error instanceof MidlockError)).toBe(true);
  });

  it('leaves a peer that falls silent while others go on', async () => {
    const blocks = chain(MVCC);
    const { updates } = await watch({ Silent: blocks.slice(0, 1), A: blocks, B: blocks }, 2, 2);
    expect(updates.filter(({ kind }) => kind === 'block')).toHaveLength(2);
  });

  it('refuses a block that does not follow the one before it', async () => {
    const [first] = chain(MVCC);
    const stray = signedBlock({
      number: 1,
      previousHash: new Uint8Array(32),
      envelopes: [],
      flags: [],
    });
    const { updates, trouble } = await watch({ A: [first!, stray] }, 1, 2);
    expect(updates.filter(({ kind }) => kind === 'block')).toHaveLength(1);
    expect(trouble[0]).toMatchObject({ code: 'ENDPOINT_LIED' });
  });

  it('refuses a block that leaves heights out, although it names the one before it', async () => {
    const [first] = chain(MVCC);
    const previousHash = Buffer.from(parseBlock(first!).hash.slice(2), 'hex');
    const later = signedBlock({ number: 2, previousHash, envelopes: [], flags: [] });
    const { updates, trouble } = await watch({ A: [first!, later] }, 1, 2);
    expect(updates.filter(({ kind }) => kind === 'block')).toHaveLength(1);
    expect(trouble[0]).toMatchObject({ code: 'ENDPOINT_LIED' });
  });

  it('goes on from a cursor, and not where another block stands', async () => {
    const blocks = chain(MVCC);
    const { hash } = parseBlock(blocks[0]!);
    const { updates } = await watch({ A: blocks }, 1, 1, { height: 0n, hash });
    expect(updates[0]).toMatchObject({ kind: 'block', block: { height: 1n } });
    // Said at once, not with the next block.
    const elsewhere = { height: 0n, hash: `0x${'00'.repeat(32)}` };
    const set = await watch({ A: blocks.slice(0, 1) }, 1, 1, elsewhere);
    expect(set.updates).toEqual([]);
    expect(set.trouble[0]).toMatchObject({ code: 'ENDPOINT_LIED' });
  });
});
