import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FABRIC_TX, isMidlockError } from '@midlock/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RIGHTS } from './rights.ts';
import { samples, type Sample } from './testing/samples.ts';
import { initializedWorld } from './testing/swap.ts';
import { World, eventsOf, people, type TransactionName } from './testing/world.ts';

const names = Object.values(FABRIC_TX);
const described = new World().chaincode.metadata.contracts;
const writing = names.filter((name) => tagsOf(name).includes('SUBMIT'));
const reading = names.filter((name) => !writing.includes(name));

function descriptionOf(name: string) {
  const [contract = '', fn = ''] = name.split(':');
  return described[contract]?.transactions.find((transaction) => transaction.name === fn);
}

function tagsOf(name: string): readonly string[] {
  return descriptionOf(name)?.tag ?? [];
}

async function prepared(name: TransactionName): Promise<{ world: World; sample: Sample }> {
  const world = name === 'config:initialize' ? new World() : await initializedWorld();
  const sample = await samples[name](world, 'x');
  world.nowMs += sample.waitMs ?? 0n;
  return { world, sample };
}

describe('the set of transactions', () => {
  it('is the same in protocol, in the contracts and in the table of rights', () => {
    const inContracts = Object.entries(described)
      .filter(([contract]) => contract !== 'org.hyperledger.fabric')
      .flatMap(([contract, { transactions }]) =>
        transactions.map(({ name }) => `${contract}:${name}`),
      );
    expect(inContracts.sort()).toEqual([...names].sort());
    expect(Object.keys(RIGHTS).sort()).toEqual([...names].sort());
  });

  it('takes strings only', () => {
    const types = names
      .flatMap((name) => descriptionOf(name)?.parameters ?? [])
      .map(({ schema }) => schema.type);
    expect(new Set(types)).toEqual(new Set(['string']));
  });

  it('is the same in the README, with as many arguments', () => {
    const readme = readFileSync(join(__dirname, '../README.md'), 'utf8');
    const rows = [...readme.matchAll(/^\| `([a-z-]+:[A-Za-z]+)` \| ([^|]*) \|/gm)].map(
      ([, name = '', args = '']) =>
        [name, args === 'none' ? 0 : (args.match(/`[A-Za-z]+`(?= |,|$)/g)?.length ?? 0)] as const,
    );
    expect(rows.map(([name]) => name).sort()).toEqual([...names].sort());
    for (const [name, count] of rows)
      expect([name, count]).toEqual([name, descriptionOf(name)?.parameters.length]);
  });

  it('refuses functions and contracts that do not exist', async () => {
    const world = await initializedWorld();
    const call = (name: string) => world.endorse(people.alice, name as TransactionName, []);
    await expect(call('mid-account:steal')).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' });
    await expect(call('constructor')).rejects.toThrow();
    await expect(call('nothing:get')).rejects.toThrow('Contract name is not known');
  });
});

describe.each(names)('%s', (name) => {
  it('accepts its sample, and only with the exact number of arguments', async () => {
    const { world, sample } = await prepared(name);
    await world.endorse(sample.by, name, sample.args);
    await expect(world.endorse(sample.by, name, [...sample.args, ''])).rejects.toThrow(
      /^Expected \d parameters/,
    );
    if (sample.args.length > 0)
      await expect(world.endorse(sample.by, name, sample.args.slice(1))).rejects.toThrow(
        /^Expected \d parameters/,
      );
  });

  it('answers canonical JSON with the schema version', async () => {
    const { world, sample } = await prepared(name);
    const { endorsement } = await world.endorse(sample.by, name, sample.args);
    expect(JSON.parse(endorsement.payload)).toMatchObject({ schema: 1 });
  });

  it('refuses arguments that are garbage with a code', async () => {
    const { world, sample } = await prepared(name);
    for (const [index] of sample.args.entries()) {
      const args = sample.args.map((arg, at) => (at === index ? '\u0000{"' : arg));
      const refusal: unknown = await world
        .endorse(sample.by, name, args)
        .catch((error: unknown) => error);
      expect(isMidlockError(refusal)).toBe(true);
    }
  });
});

describe('arguments', () => {
  const argument = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '',
      '[]',
      '{}',
      'null',
      '[""]',
      '1',
      'open',
      'EUR',
      people.alice.id,
      `0x${'ab'.repeat(32)}`,
    ),
    fc.json({ maxDepth: 2 }),
  );

  it('of any kind are accepted or refused with a code, never a fault', async () => {
    const world = await initializedWorld();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(argument, { minLength: 6, maxLength: 6 }),
        async (name, all) => {
          const args = all.slice(0, descriptionOf(name)?.parameters.length ?? 0);
          const refusal: unknown = await world
            .endorse(people.alice, name, args)
            .catch((error: unknown) => error);
          if (refusal instanceof Error) expect(isMidlockError(refusal), refusal.message).toBe(true);
        },
      ),
      { seed: 3, numRuns: 1500 },
    );
  });
});

describe.each(writing)('%s writes', (name) => {
  it('emits exactly one event with a list', async () => {
    const { world, sample } = await prepared(name);
    const sent = await world.endorse(sample.by, name, sample.args);
    expect(sent.endorsement.event?.name).toBe('midlock.v1');
    expect(eventsOf(sent)).toHaveLength(1);
  });

  it.each([
    ['too old', -3001n],
    ['ahead', 1001n],
  ])('refuses a stamp that is %s, by the endorser of its organisation', async (_, skewMs) => {
    const { world, sample } = await prepared(name);
    await expect(world.endorse(sample.by, name, sample.args, { skewMs })).rejects.toMatchObject({
      code: 'STAMP_OUTSIDE_WINDOW',
      data: {
        mspId: 'Org1MSP',
        clockMs: String(world.nowMs),
        stampMs: String(world.nowMs + skewMs),
        maxPastSec: '3',
        maxFutureSec: '1',
      },
    });
  });

  it('scans no range', async () => {
    const { world, sample } = await prepared(name);
    const { endorsement } = await world.endorse(sample.by, name, sample.args);
    expect(endorsement.readWriteSet.ranges).toEqual([]);
  });

  it('refuses before initialisation', async () => {
    if (name === 'config:initialize') return;
    const { sample } = await prepared(name);
    const empty = new World();
    empty.nowMs += sample.waitMs ?? 0n;
    const code = /claim|refund|release/.test(name) ? 'LOCK_UNKNOWN' : 'NOT_INITIALIZED';
    await expect(empty.endorse(sample.by, name, sample.args)).rejects.toMatchObject({ code });
  });
});

describe.each(reading)('%s reads', (name) => {
  it('writes nothing and emits nothing', async () => {
    const { world, sample } = await prepared(name);
    const sent = await world.endorse(sample.by, name, sample.args);
    expect(sent.endorsement.readWriteSet.writes).toEqual([]);
    expect(eventsOf(sent)).toEqual([]);
  });
});
