import type { ServiceError } from '@grpc/grpc-js';
import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MidlockError } from '@midlock/protocol';
import { createClockBook } from './clock-book.ts';
import { gatherEndorsements, subsets, type EndorseRequest } from './endorsement.ts';
import type { Invocation, OrganizationGateway } from './transport.ts';

type Answer = 'endorses' | 'refuses' | 'down' | 'business' | 'stamp-once';

/** What fabric-gateway throws; its text is not what the adapter goes by, its details are. */
function gatewayError(code: number, message: string, details: ErrorDetail[]): GatewayError {
  return new GatewayError({ code, message, details, cause: new Error(message) as ServiceError });
}

/** A network reduced to who answers how; records every organisation that saw a proposal. */
function network(answers: Readonly<Record<string, Answer>>) {
  const seen: Invocation[] = [];
  const through: string[] = [];
  const refusedStamps = new Set<string>();
  const refusal = (mspId: string, message: string): GatewayError =>
    gatewayError(10, 'failed to endorse transaction', [{ mspId, address: mspId, message }]);
  const fault = (mspId: string, isGateway: boolean): GatewayError | undefined => {
    const answer = answers[mspId];
    if (answer === 'refuses') return refusal(mspId, 'chaincode response 500, no');
    if (answer === 'business') {
      const { message } = new MidlockError('LOCK_UNKNOWN', {});
      return refusal(mspId, `chaincode response 500, ${message}`);
    }
    if (answer === 'down') {
      return isGateway
        ? gatewayError(14, 'No connection established', [])
        : gatewayError(14, `failed to find any endorsing peers for org(s): ${mspId}`, []);
    }
    if (answer !== 'stamp-once' || refusedStamps.has(mspId)) return undefined;
    refusedStamps.add(mspId);
    return refusal(mspId, new MidlockError('STAMP_OUTSIDE_WINDOW', {}).message);
  };
  const gateway = (mspId: string): OrganizationGateway => ({
    mspId,
    endpoint: mspId,
    evaluate: () => Promise.reject(new Error('unused')),
    blocks: () => {
      throw new Error('unused');
    },
    endorse: (invocation) => {
      seen.push(invocation);
      through.push(mspId);
      for (const organization of [mspId, ...invocation.organizations]) {
        const error = fault(organization, organization === mspId);
        if (error !== undefined) return Promise.reject(error);
      }
      return Promise.resolve({ txId: 'tx', bytes: Uint8Array.of(1) });
    },
  });
  let queries = 0;
  const clocks = createClockBook({
    nowMs: () => 1_000_000n,
    query: (mspId) => {
      queries += 1;
      return Promise.resolve({
        mspId,
        clockMs: 1_000_000n,
        maxPastSec: 60n,
        maxFutureSec: 10n,
        gapSec: 120n,
      });
    },
  });
  return {
    gateways: Object.keys(answers).map(gateway),
    clocks,
    seen,
    through,
    queries: () => queries,
  };
}

const request: EndorseRequest = {
  chaincode: 'c',
  name: 'f',
  arguments: [],
  purpose: { kind: 'any' },
  without: new Set(),
};

const gather = (
  net: ReturnType<typeof network>,
  endorsements: number,
  without: readonly string[] = [],
) =>
  gatherEndorsements(
    { gateways: net.gateways, clocks: net.clocks, endorsements, ownMspId: 'Own' },
    { ...request, without: new Set(without) },
  );

describe('gathering endorsements', () => {
  it('never shows a proposal to an organisation that is left out, whoever refuses or is down', async () => {
    const answer = fc.constantFrom<Answer>('endorses', 'refuses', 'down', 'business', 'stamp-once');
    const names = ['Own', 'A', 'B', 'C'];
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(answer, answer, answer, answer),
        fc.subarray(names),
        fc.integer({ min: 1, max: 4 }),
        async (list, without, k) => {
          const net = network(
            Object.fromEntries(names.map((name, i) => [name, list[i] ?? 'down'])),
          );
          const result = await gather(net, k, without).catch((error: unknown) => error);
          for (const { organizations } of net.seen) {
            expect(organizations).toHaveLength(k);
            for (const name of without) expect(organizations).not.toContain(name);
          }
          for (const name of without) expect(net.through).not.toContain(name);
          const willing = names.filter(
            (name, i) =>
              !without.includes(name) && ['endorses', 'stamp-once'].includes(list[i] ?? ''),
          );
          const ownVeto = !without.includes('Own') && list[0] === 'business';
          if (willing.length >= k && !ownVeto) expect(result).toMatchObject({ txId: 'tx' });
          else if (willing.length < k) expect(result).toBeInstanceOf(MidlockError);
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });

  it('asks those that may want to delay it only where the others do not suffice', async () => {
    const last = { ...request, last: new Set(['A']) };
    const gatherLast = (net: ReturnType<typeof network>) =>
      gatherEndorsements(
        { gateways: net.gateways, clocks: net.clocks, endorsements: 2, ownMspId: 'Own' },
        last,
      );
    const all = network({ Own: 'endorses', A: 'endorses', B: 'endorses' });
    expect(await gatherLast(all)).toMatchObject({ organizations: ['Own', 'B'] });
    expect(all.seen).toHaveLength(1);
    const needed = network({ Own: 'endorses', A: 'endorses', B: 'down' });
    expect(await gatherLast(needed)).toMatchObject({ organizations: ['Own', 'A'] });
  });

  it('takes the own organisation at its word on a business rule, but no other', async () => {
    const own = network({ Own: 'business', A: 'endorses', B: 'endorses' });
    await expect(gather(own, 2)).rejects.toMatchObject({ code: 'LOCK_UNKNOWN' });
    expect(own.seen).toHaveLength(1);
    const other = network({ Own: 'endorses', A: 'business', B: 'endorses' });
    expect(await gather(other, 2)).toMatchObject({ organizations: ['Own', 'B'] });
  });

  it('measures clocks again when a stamp was refused', async () => {
    const net = network({ Own: 'stamp-once', A: 'endorses' });
    expect(await gather(net, 2)).toMatchObject({ txId: 'tx' });
    expect(net.queries()).toBe(4);
  });

  it('says who is missing', async () => {
    await expect(
      gather(network({ Own: 'endorses', A: 'down', B: 'down' }), 2),
    ).rejects.toMatchObject({
      code: 'ENDORSEMENT_MISSING',
      data: { available: 1, needed: 2, unreachable: ['A', 'B'] },
    });
  });

  it('enumerates every set once', () => {
    expect([...subsets(['a', 'b', 'c'], 2)]).toEqual([
      ['a', 'b'],
      ['a', 'c'],
      ['b', 'c'],
    ]);
  });
});
