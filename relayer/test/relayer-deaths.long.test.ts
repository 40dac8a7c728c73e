import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { termsFileToJson, type TermsFile } from '@midlock/client';
import { formatAccount, swapIdOf } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mortal } from './mortal.ts';
import { loseStore, startRig, untilShown, waitForEnd, type ProcessRig } from './rig.ts';

/** Deadlines so far away that no letter ends while these run. */
const PATIENT_SEC = 900n;
/** So much longer than planned a lock stands, that a relayer starts meanwhile on a loaded machine. */
const LOST_STORE_SEC = 20n;

let rig: ProcessRig;
const workDir = mkdtempSync(join(tmpdir(), 'midlock-relayer-deaths-'));

beforeAll(async () => {
  rig = await startRig(workDir);
  // Its address stays the same through all its lives.
  await (await rig.startRelayer()).process.stop();
}, 120_000);

afterAll(async () => {
  await rig.close();
  if (process.env['KEEP'] === undefined) rmSync(workDir, { recursive: true, force: true });
}, 60_000);

/** A post with a key, sent again until somebody answers, as a careful caller does. */
async function post(path: string, file: TermsFile, key: string): Promise<Response> {
  for (;;) {
    const answer = await fetch(`${rig.apiUrl()}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(termsFileToJson(file)),
    }).catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function itemsOf(path: string): Promise<readonly { readonly kind?: string }[]> {
  const answer = await fetch(`${rig.apiUrl()}${path}`);
  return ((await answer.json()) as { items: { kind?: string }[] }).items;
}

// First, since an agent takes what lies in its mailbox.
it('a relayer that lost its store gives a lock back whose owner told it again and is gone', async () => {
  const { process: first } = await rig.startRelayer();
  const alice = await rig.startAgent('alice');
  const file = await rig.agree('ethereum-first', LOST_STORE_SEC, ['alice']);
  const swapId = swapIdOf(file.terms);
  await untilShown(rig.apiUrl(), swapId, ({ legs }) => legs.ethereum.outcome === 'locked');
  const second = await loseStore(rig, first);
  await untilShown(rig.apiUrl(), swapId, () => true);
  alice.kill();
  expect(await waitForEnd(rig.apiUrl, swapId, 240_000)).toBe('refunded');
  const { conservation } = await rig.books();
  expect(conservation).toMatchObject({ fabric: true, ethereum: true });
  await second.stop();
}, 360_000);

describe('a post with a key, and the relayer killed with SIGKILL at', () => {
  it.each(['write.document.after', 'commit.open.before', 'sync.open', 'commit.open.after'])(
    '%s: one swap, and the key stays taken',
    async (at) => {
      const file = await rig.agree('fabric-first', PATIENT_SEC, []);
      const swapId = swapIdOf(file.terms);
      const life = await mortal(rig, 'relayer', at);
      const answer = await post('/api/v1/swaps', file, at);
      expect([200, 201]).toContain(answer.status);
      expect(await answer.json()).toMatchObject({ swapId });
      const again = await post('/api/v1/swaps', file, at);
      expect([again.status, await again.json()]).toEqual([200, { swapId, created: false }]);
      const events = await itemsOf(`/api/v1/swaps/${swapId}/events?limit=200`);
      expect(events.filter(({ kind }) => kind === 'taken').length).toBe(1);
      const other = await post(
        '/api/v1/swaps',
        await rig.agree('fabric-first', PATIENT_SEC, []),
        at,
      );
      expect(other.status).toBe(409);
      expect(await life.stop()).toBe('SIGKILL');
    },
    60_000,
  );

  it.each(['write.document.before#2', 'write.document.after#2', 'write.document.after#3'])(
    '%s: one letter for each, under one id',
    async (at) => {
      const file = await rig.agree('fabric-first', PATIENT_SEC, []);
      const life = await mortal(rig, 'relayer', at);
      const known = await countLetters(file);
      const answer = await post('/api/v1/mailbox', file, at);
      expect(answer.status).toBe(201);
      const first = await answer.json();
      const again = await post('/api/v1/mailbox', file, at);
      expect([again.status, await again.json()]).toEqual([201, first]);
      expect(await countLetters(file)).toEqual(known.map((count) => count + 1));
      expect(await life.stop()).toBe('SIGKILL');
    },
    60_000,
  );
});

function countLetters({ terms }: TermsFile): Promise<number[]> {
  return Promise.all(
    [terms.fabric.owner, terms.fabric.beneficiary].map(async (account) => {
      const query = `account=${encodeURIComponent(formatAccount(account))}`;
      return (await itemsOf(`/api/v1/mailbox?${query}`)).length;
    }),
  );
}
