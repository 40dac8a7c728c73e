import { readFileSync } from 'node:fs';
import {
  createMemoryStore,
  signReceipt,
  signTerms,
  termsFileToJson,
  type LetterReceipt,
  type TermsFile,
} from '@midlock/client';
import { CAROL, createRig, partyFor, testSigners, type Rig } from '@midlock/client/testing';
import { CATALOGUE, formatAccount, swapIdOf } from '@midlock/protocol';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { createRelayer, type Relayer } from '../relayer.ts';
import { limitsWith } from './limits.ts';
import { createMailbox } from './mailbox.ts';
import { openApiDocument } from './openapi.ts';
import { API_VERSION, allRoutes, createApi, requireTls, type ApiOptions } from './server.ts';
import { createToken } from './tokens.ts';
import type { ApiContext } from './context.ts';

interface Setup {
  readonly rig: Rig;
  readonly api: FastifyInstance;
  readonly relayer: Relayer;
  readonly context: ApiContext;
  readonly file: (number: number) => Promise<TermsFile>;
}

const opened: Setup[] = [];
afterEach(async () => {
  for (const { api, relayer } of opened.splice(0)) {
    await api.close();
    await relayer.close();
  }
});

const LIMITS = { readsPerMinute: 1000, writesPerMinute: 100 };

async function setUp(options: Partial<ApiOptions> = {}, maxOpen = 100): Promise<Setup> {
  const [a, b] = [testSigners(0), testSigners(1)];
  const rig = createRig({ initiator: partyFor('a', a), responder: partyFor('b', b) });
  const store = createMemoryStore();
  const ports = rig.ports(CAROL, store.nonces);
  const relayer = createRelayer(
    { profile: rig.profile, tickMs: 1000, maxOpen },
    { store, clock: rig.clock, ...ports },
  );
  await relayer.start();
  await rig.second();
  const context: ApiContext = {
    relayer,
    store,
    mailbox: createMailbox({
      store,
      limits: limitsWith(options.limits),
      nowMs: () => rig.clock.nowMs(),
      ledgerSec: () => relayer.world().headSec.ethereum,
    }),
    ports,
    startedAtMs: 0n,
    nowMs: () => rig.clock.nowMs(),
    changed: (ms, signal) => rig.clock.sleep(ms, signal),
  };
  const api = createApi({ host: '127.0.0.1', tokens: [], limits: LIMITS, ...options }, context);
  const setup: Setup = {
    rig,
    api,
    relayer,
    context,
    file: async (number) =>
      signTerms(
        await signTerms(
          { version: 1, terms: rig.terms('fabric-first', number), acceptances: {} },
          a,
        ),
        b,
      ),
  };
  opened.push(setup);
  return setup;
}

/** The file as it is before the responder has signed. */
function onlyInitiator(file: TermsFile): TermsFile {
  const { initiator } = file.acceptances;
  return { ...file, acceptances: initiator === undefined ? {} : { initiator } };
}

const post = (api: FastifyInstance, file: TermsFile, headers: Record<string, string> = {}) =>
  api.inject({ method: 'POST', url: '/api/v1/swaps', headers, payload: termsFileToJson(file) });

describe('swaps', () => {
  it('are taken on once, shown, listed and explained', async () => {
    const { api, file } = await setUp();
    const signed = await file(1);
    const swapId = swapIdOf(signed.terms);
    const first = await post(api, signed);
    expect([first.statusCode, first.json()]).toEqual([201, { swapId, created: true }]);
    const again = await post(api, signed);
    expect([again.statusCode, again.json()]).toEqual([200, { swapId, created: false }]);
    const shown = (await api.inject(`/api/v1/swaps/${swapId}`)).json<Record<string, unknown>>();
    expect(shown).toMatchObject({
      swapId,
      state: 'planned',
      open: true,
      accepted: true,
      secretPublic: false,
    });
    const explained = (await api.inject(`/api/v1/swaps/${swapId}/explain`)).json<
      Record<string, unknown>
    >();
    expect(explained).toMatchObject({ who: 'initiator', action: 'lock', ledger: 'fabric' });
    const events = (await api.inject(`/api/v1/swaps/${swapId}/events`)).json<{
      items: { kind: string }[];
    }>();
    expect(events.items.map(({ kind }) => kind)).toEqual(['taken']);
  });

  it('are listed by page and filter', async () => {
    const { api, file } = await setUp();
    for (const number of [1, 2, 3]) await post(api, await file(number));
    const page = (await api.inject('/api/v1/swaps?limit=2')).json<{
      items: unknown[];
      next: number;
    }>();
    expect([page.items.length, page.next]).toEqual([2, 2]);
    const rest = (await api.inject(`/api/v1/swaps?limit=2&after=${String(page.next)}`)).json<{
      items: unknown[];
      next: null;
    }>();
    expect([rest.items.length, rest.next]).toEqual([1, null]);
    expect(
      (await api.inject('/api/v1/swaps?direction=ethereum-first')).json<{ items: unknown[] }>()
        .items,
    ).toEqual([]);
  });

  it('an Idempotency-Key belongs to one request', async () => {
    const { api, file } = await setUp();
    const key = { 'idempotency-key': 'k-1' };
    expect((await post(api, await file(1), key)).statusCode).toBe(201);
    expect((await post(api, await file(1), key)).statusCode).toBe(200);
    const other = await post(api, await file(2), key);
    expect([other.statusCode, other.json<{ code: string }>().code]).toEqual([
      409,
      'IDEMPOTENCY_MISMATCH',
    ]);
  });

  it('with a forged or missing signature are refused', async () => {
    const { api, file } = await setUp();
    const signed = await file(1);
    expect((await post(api, onlyInitiator(signed))).json<{ code: string }>().code).toBe(
      'TERMS_SIGNATURE_INVALID',
    );
    const forged = {
      ...signed,
      terms: { ...signed.terms, ethereum: { ...signed.terms.ethereum, amount: 8n } },
    };
    const answer = await post(api, forged);
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
      422,
      'TERMS_SIGNATURE_INVALID',
    ]);
  });

  it('beyond the limit are refused with Retry-After, and those known are not', async () => {
    const { api, file } = await setUp({}, 1);
    expect((await post(api, await file(1))).statusCode).toBe(201);
    const over = await post(api, await file(2));
    expect([
      over.statusCode,
      over.json<{ code: string }>().code,
      over.headers['retry-after'],
    ]).toEqual([503, 'OVERLOADED', '1']);
    expect((await post(api, await file(1))).statusCode).toBe(200);
  });
});

describe('refusals are problems with a code of the catalogue', () => {
  it.each([
    ['GET', '/api/v1/swaps/0x12', undefined, 400, 'REQUEST_INVALID'],
    ['GET', `/api/v1/swaps/0x${'0'.repeat(64)}`, undefined, 404, 'SWAP_UNKNOWN'],
    ['GET', '/api/v1/swaps?limit=0', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/swaps?nonsense=1', undefined, 400, 'REQUEST_INVALID'],
    ['GET', '/nowhere', undefined, 404, 'REQUEST_INVALID'],
    ['POST', '/api/v1/swaps', '{', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/swaps', '{"__proto__":{"a":1}}', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/swaps', '['.repeat(17) + ']'.repeat(17), 400, 'REQUEST_INVALID'],
    [
      'POST',
      '/api/v1/swaps',
      JSON.stringify({ version: 1, filler: 'x'.repeat(70_000) }),
      413,
      'REQUEST_INVALID',
    ],
  ] as const)('%s %s', async (method, url, payload, status, code) => {
    const { api } = await setUp();
    const answer = await api.inject({
      method,
      url,
      ...(payload === undefined
        ? {}
        : { payload, headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([status, code]);
  });

  it('whatever the body is', async () => {
    const { api } = await setUp({ limits: { readsPerMinute: 1000, writesPerMinute: 100_000 } });
    await fc.assert(
      fc.asyncProperty(fc.json(), async (payload) => {
        const answer = await api.inject({
          method: 'POST',
          url: '/api/v1/swaps',
          payload,
          headers: { 'content-type': 'application/json' },
        });
        expect(Object.keys(CATALOGUE)).toContain(answer.json<{ code: string }>().code);
        expect(answer.statusCode).toBeLessThan(500);
      }),
      { numRuns: 200, seed: 3 },
    );
  });
});

describe('the mailbox', () => {
  it('hands terms to both accounts in them, in order, after a letter', async () => {
    const { api, file, rig } = await setUp();
    const letters: string[] = [];
    for (const number of [1, 2]) {
      const payload = termsFileToJson(onlyInitiator(await file(number)));
      const answer = await api.inject({ method: 'POST', url: '/api/v1/mailbox', payload });
      expect(answer.statusCode).toBe(201);
      letters.push(answer.json<{ id: string }>().id);
      rig.clock.advance(10);
    }
    const account = termsFileToJson(await file(1)) as {
      terms: { fabric: { beneficiary: string } };
    };
    const query = `/api/v1/mailbox?account=${encodeURIComponent(account.terms.fabric.beneficiary)}`;
    const ids = (await api.inject(query))
      .json<{ items: { id: string }[] }>()
      .items.map(({ id }) => id);
    expect(ids).toEqual(letters);
    expect(
      (await api.inject(`${query}&after=${letters[0] ?? ''}`)).json<{ items: unknown[] }>().items
        .length,
    ).toBe(1);
  });

  it("throws away what its recipient has read, and at nobody else's word", async () => {
    const { api, file } = await setUp();
    const signed = await file(1);
    const payload = termsFileToJson(onlyInitiator(signed));
    const posted = await api.inject({ method: 'POST', url: '/api/v1/mailbox', payload });
    const { id, untilSec } = posted.json<{ id: string; untilSec: string }>();
    expect(BigInt(untilSec)).toBe(
      [signed.terms.fabric.expiresAtSec, signed.terms.ethereum.expiresAtSec].sort().at(-1),
    );
    const [owner, other] = [signed.terms.fabric.owner, signed.terms.fabric.beneficiary].map(
      formatAccount,
    ) as [string, string];
    const tell = (receipt: LetterReceipt) =>
      api.inject({
        method: 'POST',
        url: '/api/v1/mailbox/receipts',
        payload: receipt as unknown as Record<string, unknown>,
      });
    const count = async (account: string): Promise<number> =>
      (await api.inject(`/api/v1/mailbox?account=${encodeURIComponent(account)}`)).json<{
        items: unknown[];
      }>().items.length;
    const own = await signReceipt(owner, [id], testSigners(0).fabric);
    const strangers = await signReceipt(owner, [id], testSigners(1).fabric);
    const another = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`;
    for (const forged of [strangers, { ...own, account: other }, { ...own, ids: [id, another] }])
      expect((await tell(forged)).statusCode).toBe(403);
    expect([await count(owner), await count(other)]).toEqual([1, 1]);
    expect((await tell(own)).json()).toEqual({ removed: 1 });
    expect((await tell(own)).json()).toEqual({ removed: 0 });
    expect([await count(owner), await count(other)]).toEqual([0, 1]);
  });

  it('refuses a letter beyond a bound with Retry-After, but not the one it took under the same key', async () => {
    const { api, file } = await setUp({ limits: { ...LIMITS, maxLettersPerSender: 1 } });
    const send = async (number: number, key: string) =>
      api.inject({
        method: 'POST',
        url: '/api/v1/mailbox',
        headers: { 'idempotency-key': key },
        payload: termsFileToJson(await file(number)),
      });
    const first = await send(1, 'a');
    const refused = await send(2, 'b');
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([
      429,
      'MAILBOX_FULL',
    ]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const again = await send(1, 'a');
    expect([again.statusCode, again.json()]).toEqual([201, first.json()]);
  });

  it('refuses terms that nobody has signed', async () => {
    const { api, file } = await setUp();
    const payload = termsFileToJson({ ...(await file(1)), acceptances: {} });
    expect((await api.inject({ method: 'POST', url: '/api/v1/mailbox', payload })).statusCode).toBe(
      422,
    );
  });
});

describe('events', () => {
  /** Reads a stream until it has seen `count` events, then hangs up. */
  async function read(
    url: string,
    headers: Record<string, string>,
    count: number,
  ): Promise<{ id: string; kind: string }[]> {
    const response = await fetch(url, { headers });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const seen = [...text.matchAll(/id: (\d+)\nevent: ([\w-]+)\n/g)].map(
        ([, id = '', kind = '']) => ({ id, kind }),
      );
      // Leaving the loop hangs up.
      if (seen.length >= count) return seen;
    }
    return [];
  }

  it('stream from the beginning and resume after Last-Event-ID', async () => {
    const { api, file } = await setUp();
    const url = `${await api.listen({ host: '127.0.0.1', port: 0 })}/api/v1/events`;
    for (const number of [1, 2, 3]) await post(api, await file(number));
    const all = await read(url, {}, 3);
    expect(all.map(({ kind }) => kind)).toEqual(['taken', 'taken', 'taken']);
    const rest = await read(url, { 'last-event-id': all[0]?.id ?? '' }, 2);
    expect(rest).toEqual(all.slice(1));
  });

  it('refuse an id that is none', async () => {
    const { api } = await setUp();
    const answer = await api.inject({ url: '/api/v1/events', headers: { 'last-event-id': 'x' } });
    expect(answer.json<{ code: string }>().code).toBe('REQUEST_INVALID');
  });
});

describe('access', () => {
  it('beyond loopback needs TLS and tokens', () => {
    const { record } = createToken('ops', ['read'], new Date(4e12));
    const tls = { certFile: 'c', keyFile: 'k' };
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com']) {
      expect(() => {
        requireTls({ host, tokens: [] });
      }).toThrow(/TLS_REQUIRED/);
      expect(() => {
        requireTls({ host, tokens: [record] });
      }).toThrow(/TLS_REQUIRED/);
      expect(() => {
        requireTls({ host, tls, tokens: [] });
      }).toThrow(/TLS_REQUIRED/);
      expect(() => {
        requireTls({ host, tls, tokens: [record] });
      }).not.toThrow();
    }
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
      expect(() => {
        requireTls({ host, tokens: [] });
      }).not.toThrow();
  });

  it('goes by token, scope and time', async () => {
    const reader = createToken('reader', ['read'], new Date(4e12));
    const expired = createToken('expired', ['read'], new Date(1000));
    const { api, file } = await setUp({ tokens: [reader.record, expired.record] });
    const status = async (token: string): Promise<number> =>
      (await api.inject({ url: '/api/v1/stats', headers: { authorization: `Bearer ${token}` } }))
        .statusCode;
    expect(await status(reader.token)).toBe(200);
    expect(await status(expired.token)).toBe(401);
    expect(
      await status(`${reader.token.slice(0, -1)}${reader.token.endsWith('A') ? 'B' : 'A'}`),
    ).toBe(401);
    expect((await api.inject('/api/v1/stats')).statusCode).toBe(401);
    expect(
      (await post(api, await file(1), { authorization: `Bearer ${reader.token}` })).statusCode,
    ).toBe(403);
    expect(JSON.stringify(reader.record)).not.toContain(reader.token.split('_')[2]);
  });

  it('is limited by rate with Retry-After', async () => {
    const { api } = await setUp({ limits: { readsPerMinute: 2, writesPerMinute: 1 } });
    const codes: number[] = [];
    for (let call = 0; call < 3; call += 1)
      codes.push((await api.inject('/api/v1/stats')).statusCode);
    expect(codes).toEqual([200, 200, 429]);
    expect(Number((await api.inject('/api/v1/stats')).headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('the document', () => {
  it('is the one that is committed (npm run: see relayer/README.md)', async () => {
    const { context } = await setUp();
    const committed = JSON.parse(
      readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8'),
    ) as unknown;
    expect(committed).toEqual(
      JSON.parse(JSON.stringify(openApiDocument(allRoutes(context), API_VERSION))),
    );
  });

  it('names every route with a scope and an answer for errors', async () => {
    const { api } = await setUp();
    const document = (await api.inject('/api')).json<{
      openapi: string;
      paths: Record<string, Record<string, { 'x-scope': string; responses: object }>>;
    }>();
    expect(document.openapi).toBe('3.1.0');
    for (const place of Object.values(document.paths)) {
      for (const operation of Object.values(place)) {
        expect(['read', 'write', 'operate']).toContain(operation['x-scope']);
        expect(Object.keys(operation.responses)).toEqual(
          expect.arrayContaining(['400', '401', '403', '429', '500', '503']),
        );
      }
    }
  });
});
