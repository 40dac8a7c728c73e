import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_CASES } from './cases/all.ts';
import { startDevnodeTarget, type DevnodeTarget } from './devnode-target.ts';
import { KNOWN_DIFFERENCES } from './differences.ts';
import { runCases, type Recording, type Results } from './suite.ts';

const recording = JSON.parse(
  readFileSync(new URL('./recordings/fabric-3.1.5.json', import.meta.url), 'utf8'),
) as Recording;

let target: DevnodeTarget | undefined;
let results: Results = {};

beforeAll(async () => {
  target = await startDevnodeTarget();
  results = await runCases(target.node, ALL_CASES);
}, 300_000);

afterAll(() => target?.stop());

test('the recording holds exactly the cases of the suite', () => {
  const ids = ALL_CASES.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Object.keys(recording.results).toSorted()).toEqual(ids.toSorted());
  expect(ids.length).toBeGreaterThanOrEqual(150);
});

test('known differences are cases of the suite', () => {
  expect(Object.keys(recording.results)).toEqual(
    expect.arrayContaining(Object.keys(KNOWN_DIFFERENCES)),
  );
});

describe(`devnode answers as Fabric ${recording.fabric} did on ${recording.date}`, () => {
  test.each(ALL_CASES.map(({ id, title }) => [id, title]))('%s: %s', (id) => {
    if (id in KNOWN_DIFFERENCES) expect(results[id]).not.toEqual(recording.results[id]);
    else expect(results[id]).toEqual(recording.results[id]);
  });
});
