import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { swapIdOf, type Hex32 } from '@midlock/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRig, partyFor, testSigners } from '../testing/index.ts';
import { signTerms, termsFileToJson, type TermsFile } from '../terms-file/terms-file.ts';
import { createRelayerClient, type RelayerClient } from './relayer-client.ts';

const ACCOUNT = `Org1MSP:0x${'00'.repeat(32)}`;

let server: Server;
let client: RelayerClient;
let file: TermsFile;
let answer: (response: ServerResponse) => void;
let closed = false;

const json =
  (value: unknown, status = 200) =>
  (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

const keys: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    keys.push(String(request.headers['idempotency-key']));
    request.resume();
    response.once('close', () => {
      closed = true;
    });
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  client = createRelayerClient({ url: `http://127.0.0.1:${String(port)}`, timeoutMs: 20_000 });
  const [a, b] = [testSigners(0), testSigners(1)];
  const rig = createRig({ initiator: partyFor('a', a), responder: partyFor('b', b) });
  file = await signTerms({ version: 1, terms: rig.terms('fabric-first', 1), acceptances: {} }, a);
});
beforeEach(() => {
  closed = false;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('sends one letter under one key, and another under another', async () => {
  answer = json({ id: '1-a' }, 201);
  keys.length = 0;
  await client.postLetter(file);
  await client.postLetter(file);
  await client.postLetter({
    ...file,
    terms: { ...file.terms, nonce: `0x${'11'.repeat(32)}` as Hex32 },
  });
  expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

describe('a relayer that answers what it must not', () => {
  it('gives no letters but those that are letters', async () => {
    const letter = { id: '1-a', file: termsFileToJson(file) };
    for (const items of [null, 5, 'x', {}, { length: 1 }]) {
      answer = json({ items });
      expect(await client.letters(ACCOUNT, '')).toEqual([]);
    }
    answer = json({ items: [null, 5, {}, { ...letter, id: 7 }, { id: '2', file: null }, letter] });
    expect(await client.letters(ACCOUNT, '')).toEqual([{ id: '1-a', file }]);
    for (const whole of [null, [], 7, 'text']) {
      answer = json(whole);
      expect(await client.letters(ACCOUNT, '')).toEqual([]);
    }
  });

  it('is not believed another swap id', async () => {
    const swapId = swapIdOf(file.terms);
    answer = json({ swapId, created: true }, 201);
    expect(await client.postSwap(file)).toBe(swapId);
    for (const wrong of [null, {}, { swapId: `0x${'00'.repeat(32)}` }]) {
      answer = json(wrong, 201);
      await expect(client.postSwap(file)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
    }
  });

  it('refuses by a code of the catalogue, or counts as unreachable', async () => {
    answer = json({ code: 'OVERLOADED' }, 503);
    await expect(client.postSwap(file)).rejects.toMatchObject({ code: 'OVERLOADED' });
    for (const odd of [null, [], { code: { toString: 1 } }, { code: 'NO_SUCH_CODE' }]) {
      answer = json(odd, 400);
      await expect(client.postSwap(file)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    }
  });

  it('is left when its answer does not end', async () => {
    answer = (response) => {
      const piece = Buffer.alloc(64 * 1024, 0x20);
      const write = (): void => {
        if (!response.destroyed) response.write(piece, () => setImmediate(write));
      };
      write();
    };
    await expect(client.letters(ACCOUNT, '')).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
      data: { what: 'answer too long' },
    });
    await expect.poll(() => closed).toBe(true);
  });
});
