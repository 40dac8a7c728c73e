import { describe, expect, it } from 'vitest';
import type { CurveEngine } from '../bls/engine.ts';
import { signWith } from '../bls/keys.ts';
import { loadMclEngine } from '../bls/mcl-engine.ts';
import { BLS_TAGS } from '../bls/tags.ts';
import { createCombiner } from '../bls/threshold.ts';
import { integerBytes, sameBytes, utf8 } from '../encoding/bytes.ts';
import { statementDigest } from '../encoding/statement.ts';
import type { Statement, StatementDomain } from '../encoding/statement-schema.ts';
import { blsKeyGroup } from '../group/bls-g2.ts';
import { secp256k1Group } from '../group/noble-groups.ts';
import type { PrimeGroup } from '../group/group.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import {
  identityOf,
  simulateKeygen,
  simulationParameters,
  simulationTools,
  type Fault,
  type SimulatedRun,
} from '../testing/keygen-simulation.ts';
import { summarise } from '../testing/keygen-summary.ts';
import { seededRandom } from '../testing/random.ts';
import { createBlsVerifier } from '../verifier/bls-verifier.ts';
import { committeeBounds } from './committee-bounds.ts';
import { continueLineage, departedOf, rotationDemand, startLineage } from './lineage.ts';
import { rosterHash, type OldKey } from './parameters.ts';
import { asOldKey, blsKeys } from './result.ts';
import { isCertified, rotateKey, type KeyRegister } from './rotation.ts';

const mcl = (await loadMclEngine()) as CurveEngine;
const g2 = blsKeyGroup(mcl);

interface Epoch<T> {
  readonly run: SimulatedRun<T>;
  readonly names: readonly string[];
  readonly old: OldKey;
}

function generate<T>(group: PrimeGroup<T>, names: readonly string[], seed = 'first'): Epoch<T> {
  const tools = simulationTools(group);
  const people = names.map(identityOf);
  const run = simulateKeygen({
    tools,
    parameters: simulationParameters(group.name, names, committeeBounds(names.length)),
    dealers: people,
    members: people,
    random: seededRandom(seed),
  });
  return { run, names, old: asOldKey(tools, run.states[0]!) };
}

interface Change {
  readonly bounds?: { readonly faults: number; readonly threshold: number };
  readonly dealerFaults?: ReadonlyMap<number, readonly Fault[]>;
  readonly memberFaults?: ReadonlyMap<number, readonly Fault[]>;
  readonly epoch?: bigint;
}

function reshare<T>(
  group: PrimeGroup<T>,
  from: Epoch<T>,
  names: readonly string[],
  change: Change = {},
): Epoch<T> {
  const tools = simulationTools(group);
  const bounds = change.bounds ?? committeeBounds(names.length);
  const run = simulateKeygen({
    tools,
    parameters: simulationParameters(group.name, names, bounds, change.epoch ?? 2n, from.old),
    dealers: from.names.map(identityOf),
    members: names.map(identityOf),
    random: seededRandom(`reshare ${names.join()}`),
    oldShares: from.run.shares,
    ...(change.dealerFaults === undefined ? {} : { dealerFaults: change.dealerFaults }),
    ...(change.memberFaults === undefined ? {} : { memberFaults: change.memberFaults }),
  });
  expect(new Set(run.states.map(summarise)).size).toBe(1);
  return {
    run,
    names,
    old: run.states[0]!.phase === 'active' ? asOldKey(tools, run.states[0]!) : from.old,
  };
}

const message = utf8('release 12');

function signature(epoch: Epoch<unknown>, members: readonly number[], text = message): Uint8Array {
  const partials = members.map((index) => ({
    index,
    bytes: signWith(epoch.run.shares.get(index)!, BLS_TAGS.attestation, text),
  }));
  const result = createCombiner(mcl, blsKeys({ group: g2 }, epoch.run.states[0]!)).combine(
    BLS_TAGS.attestation,
    text,
    partials,
  );
  if (result.kind !== 'signed') throw new Error('short');
  return result.signature;
}

describe('resharing', () => {
  const first = generate(g2, ['a', 'b', 'c', 'd']);

  it.each([
    ['the same members', ['a', 'b', 'c', 'd'], undefined],
    ['other members', ['e', 'f', 'g', 'h'], undefined],
    ['more members', ['a', 'b', 'c', 'e', 'f', 'g', 'h'], undefined],
    ['fewer members', ['d', 'b'], undefined],
    ['another threshold', ['a', 'b', 'c', 'd', 'e', 'f', 'g'], { faults: 2, threshold: 3 }],
  ] as const)('to %s keeps the key', (_, names, bounds) => {
    const second = reshare(g2, first, names, bounds === undefined ? {} : { bounds });
    expect(second.run.states[0]!.phase).toBe('active');
    expect(sameBytes(second.old.groupKey, first.old.groupKey)).toBe(true);
    const threshold = bounds?.threshold ?? committeeBounds(names.length).threshold;
    const members = names.map((_name, i) => i + 1).slice(-threshold);
    expect(sameBytes(signature(second, members), signature(first, [1, 2, 4]))).toBe(true);
  });

  it('survives f cheating dealers and members, who are excluded or named', () => {
    const start = generate(g2, ['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    const dealerFaults = new Map<number, readonly Fault[]>([
      [1, [{ kind: 'bad-share', members: [2, 3] }, { kind: 'bad-answer' }]],
      [5, [{ kind: 'silent', phase: 'deal' }]],
    ]);
    const next = reshare(g2, start, ['h', 'i', 'j', 'k', 'l', 'm', 'n'], {
      dealerFaults,
      memberFaults: new Map([[7, [{ kind: 'wrong-transcript' }]]]),
    });
    const state = next.run.states[0]!;
    expect(state.phase).toBe('active');
    expect([...state.excluded]).toEqual([
      [5, 'silent'],
      [1, 'bad-answer'],
    ]);
    expect(state.evidence.at(-1)?.kind).toBe('wrong-transcript');
    expect(sameBytes(signature(next, [1, 2, 3, 4, 5]), signature(start, [1, 2, 3, 4, 5]))).toBe(
      true,
    );
  });

  it('needs as many old holders as the old threshold', () => {
    const silent: readonly Fault[] = [{ kind: 'silent', phase: 'deal' }];
    const next = reshare(g2, first, ['e', 'f', 'g', 'h'], {
      dealerFaults: new Map([
        [1, silent],
        [2, silent],
      ]),
    });
    expect(next.run.states[0]!.phase).toBe('failed');
  });

  it('works on secp256k1 through several epochs', () => {
    const group = secp256k1Group as PrimeGroup<unknown>;
    let epoch = generate(group, ['a', 'b', 'c', 'd']);
    const key = epoch.old.groupKey;
    for (const [i, names] of [
      ['b', 'c', 'd', 'e'],
      ['c', 'd', 'e', 'f', 'g', 'h', 'i'],
      ['i', 'h', 'g', 'f'],
    ].entries()) {
      epoch = reshare(group, epoch, names, { epoch: BigInt(i + 2) });
      expect(sameBytes(epoch.old.groupKey, key)).toBe(true);
    }
  });

  it('mixes no shares of two epochs', () => {
    const second = reshare(g2, first, ['a', 'b', 'c', 'd']);
    const mixed = [1, 2, 3].map((index) => ({
      index,
      bytes: signWith(
        (index === 3 ? first : second).run.shares.get(index)!,
        BLS_TAGS.attestation,
        message,
      ),
    }));
    const result = createCombiner(mcl, blsKeys({ group: g2 }, second.run.states[0]!)).combine(
      BLS_TAGS.attestation,
      message,
      mixed,
    );
    expect(result).toEqual({ kind: 'short', missing: 1, blamed: [3] });
  });
});

describe('departed members', () => {
  const first = generate(g2, ['a', 'b', 'c', 'd']);
  const second = reshare(g2, first, ['e', 'f', 'g', 'h']);
  const lineage = startLineage(first.run.states[0]!.parameters, first.old.groupKey, 10n, 1000n);

  it('sign for ever with their old shares: resharing revokes nobody', () => {
    expect(sameBytes(second.old.groupKey, first.old.groupKey)).toBe(true);
    const verifier = createBlsVerifier(mcl, first.old.groupKey);
    const digest = new Uint8Array(32).fill(3);
    expect(verifier.verify(digest, signature(first, [1, 2, 3], digest))).toBe(true);
  });

  it('are counted since the birth of the key, and with f present ones demand a fresh key in time', () => {
    expect(rotationDemand(lineage, 500n)).toBeUndefined();
    const { parameters } = second.run.states[0]!;
    const planned = { roster: parameters.roster, threshold: parameters.threshold };
    const attempt = (): boolean => rotationDemand(lineage, 500n, planned) === undefined;
    expect(refusedOnlyBy('lineage.departed', attempt)).toBe(true);
    expect(rotationDemand(lineage, 500n, planned)).toEqual({
      reason: 'departed',
      departed: 4,
      reachable: 5,
      threshold: 3,
    });
    const after = continueLineage(lineage, parameters);
    expect(departedOf(after)).toBe(4);
    expect(rotationDemand(after, 500n)?.reason).toBe('departed');
  });

  it('one by one add up, and coming back does not make them forget', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const start = generate(g2, names);
    let line = startLineage(start.run.states[0]!.parameters, start.old.groupKey, 0n, 1000n);
    const plan = (members: readonly string[]) => ({
      ...simulationParameters(g2.name, members, committeeBounds(7), 2n, start.old),
    });
    // t = 5, f = 2: two may leave, the third demands a fresh key.
    for (const [leaving, demanded] of [
      [1, false],
      [2, false],
      [3, true],
    ] as const) {
      const roster = [...names.slice(leaving), ...['x', 'y', 'z'].slice(0, leaving)];
      expect(rotationDemand(line, 1n, plan(roster)) !== undefined).toBe(demanded);
      line = continueLineage(line, plan(roster));
    }
    expect(departedOf(line)).toBe(3);
    line = continueLineage(line, plan(names));
    expect(departedOf(line)).toBe(3);
  });

  it('a lower threshold in any epoch counts', () => {
    const low = { roster: lineage.roster, threshold: 2 };
    expect(rotationDemand(lineage, 1n, low)).toBeUndefined();
    const lowered = { ...lineage, lowestThreshold: 2, holders: [...lineage.holders, utf8('gone')] };
    expect(rotationDemand(lowered, 1n)).toMatchObject({
      reason: 'departed',
      reachable: 2,
      threshold: 2,
    });
  });

  it('a key ends with its lifetime, and a lineage takes only its own key', () => {
    expect(
      refusedOnlyBy('lineage.lifetime', () => rotationDemand(lineage, 1010n) === undefined),
    ).toBe(true);
    expect(rotationDemand(lineage, 1009n)).toBeUndefined();
    const other = generate(g2, ['a', 'b', 'c', 'd'], 'other');
    const { parameters } = reshare(g2, other, ['a', 'b', 'c', 'd']).run.states[0]!;
    expect(refusedOnlyBy('lineage.same-key', () => continueLineage(lineage, parameters))).toBe(
      true,
    );
  });
});

describe('rotation', () => {
  const old = generate(g2, ['a', 'b', 'c', 'd']);
  const fresh = generate(g2, ['e', 'f', 'g', 'h'], 'fresh');
  const domain: StatementDomain = {
    chainId: 1n,
    contract: new Uint8Array(20).fill(1),
    networkId: new Uint8Array(32).fill(2),
    channel: 'trade',
    chaincode: 'midlock',
  };
  const rosterOf = (epoch: Epoch<unknown>): Uint8Array =>
    rosterHash(epoch.run.states[0]!.parameters.roster);
  const verifierOf = (epoch: Epoch<unknown>) => createBlsVerifier(mcl, epoch.old.groupKey);
  const register: KeyRegister = {
    domain,
    current: { epoch: 4n, rosterHash: rosterOf(old), verifier: verifierOf(old) },
    previous: undefined,
  };
  const rotate: Statement<'rotate'> = {
    kind: 'rotate',
    epoch: 4n,
    rosterHash: rosterOf(old),
    nextEpoch: 5n,
    nextRosterHash: rosterOf(fresh),
    scheme: 'bls12381-g1',
    nextKey: fresh.old.groupKey,
    activeFromSec: 1000n,
    lastDeadlineSec: 5000n,
  };
  const by = (epoch: Epoch<unknown>, statement: Statement): Uint8Array =>
    signature(epoch, [1, 2, 3], statementDigest(statement, domain));
  const nextKey = { key: fresh.old.groupKey, verifier: verifierOf(fresh) };
  const release = (epoch: bigint, roster: Uint8Array): Statement<'release'> => ({
    kind: 'release',
    epoch,
    rosterHash: roster,
    source: 'fabric',
    transferId: new Uint8Array(32).fill(9),
    asset: utf8('gold'),
    amount: 5n,
    recipient: utf8('bob'),
    deadlineSec: 2000n,
    blockNumber: 7n,
    blockHash: new Uint8Array(32),
  });

  it('is certified by the old key, after which the old key only finishes what it began', () => {
    const turned = rotateKey(register, rotate, by(old, rotate), nextKey, 1000n);
    expect(turned.current.epoch).toBe(5n);
    const late = release(4n, rosterOf(old));
    const now = release(5n, rosterOf(fresh));
    expect(isCertified(turned, now, by(fresh, now), 1001n)).toBe(true);
    expect(isCertified(turned, late, by(old, late), 5000n)).toBe(true);
    expect(
      refusedOnlyBy('register.old-key-in-time', () =>
        isCertified(turned, late, by(old, late), 5001n),
      ),
    ).toBe(true);
    // The old key cannot claim to be the new epoch, nor rotate a second time, while it is still accepted.
    expect(isCertified(turned, now, by(old, now), 1001n)).toBe(false);
    expect(isCertified(turned, rotate, by(old, rotate), 1001n)).toBe(false);
    expect(() => rotateKey(turned, rotate, by(old, rotate), nextKey, 1001n)).toThrow(
      'rotate.epoch',
    );
  });

  it('binds epoch, roster, time, key and signature', () => {
    const attempt =
      (
        change: Partial<Statement<'rotate'>>,
        options: { next?: typeof nextKey; nowSec?: bigint; signer?: Epoch<unknown> } = {},
      ) =>
      () => {
        const statement = { ...rotate, ...change };
        return rotateKey(
          register,
          statement,
          by(options.signer ?? old, statement),
          options.next ?? nextKey,
          options.nowSec ?? 1000n,
        );
      };
    expect(refusedOnlyBy('rotate.epoch', attempt({ epoch: 3n }))).toBe(true);
    expect(refusedOnlyBy('rotate.next-epoch', attempt({ nextEpoch: 6n }))).toBe(true);
    expect(refusedOnlyBy('rotate.roster', attempt({ rosterHash: new Uint8Array(32) }))).toBe(true);
    expect(refusedOnlyBy('rotate.active', attempt({}, { nowSec: 999n }))).toBe(true);
    expect(refusedOnlyBy('rotate.key', attempt({ scheme: 'frost-secp256k1' }))).toBe(true);
    expect(refusedOnlyBy('rotate.key', attempt({ nextKey: integerBytes(1n, 192) }))).toBe(true);
    expect(refusedOnlyBy('rotate.signature', attempt({}, { signer: fresh }))).toBe(true);
  });

  it('leaves statements bound to epoch and roster', () => {
    const now = release(4n, rosterOf(old));
    expect(isCertified(register, now, by(old, now), 1n)).toBe(true);
    const otherEpoch = release(3n, rosterOf(old));
    expect(
      refusedOnlyBy('register.epoch', () =>
        isCertified(register, otherEpoch, by(old, otherEpoch), 1n),
      ),
    ).toBe(true);
    const otherRoster = release(4n, rosterOf(fresh));
    expect(
      refusedOnlyBy('register.roster', () =>
        isCertified(register, otherRoster, by(old, otherRoster), 1n),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('register.signature', () => isCertified(register, now, by(fresh, now), 1n)),
    ).toBe(true);
    // Another phase or another pair of ledgers is another statement.
    const unlock = { ...now, kind: 'unlock' } as Statement<'unlock'>;
    expect(isCertified(register, unlock, by(old, now), 1n)).toBe(false);
    expect(
      isCertified({ ...register, domain: { ...domain, chainId: 2n } }, now, by(old, now), 1n),
    ).toBe(false);
  });
});
