import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { termsFileToJson } from '@midlock/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRaw, statusLines, statusesOf } from './raw-client.ts';
import { startStage, type Stage } from './stage.ts';

const HOST = 'host: localhost\r\n';
const CLOSE = 'connection: close\r\n';
const JSON_TYPE = 'content-type: application/json\r\n';
const DRAIN = `POST /api/v1/drain HTTP/1.1\r\n${HOST}content-length: 0\r\n\r\n`;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ limits: { requestMs: 1_000, maxConnectionsPerAddress: 100 } });
});
afterAll(async () => {
  // Whatever was done to it: it answers, and nobody has drained it.
  expect((await stage.get('/api/v1/stats')).status).toBe(200);
  expect(stage.daemon.relayer.draining).toBe(false);
  expect(stage.daemon.relayer.open()).toEqual([]);
  await stage.close();
});

describe('heads that two programs could read differently', () => {
  it.each([
    ['length and chunks', 'content-length: 4\r\ntransfer-encoding: chunked\r\n', '0\r\n\r\n'],
    ['two lengths', 'content-length: 0\r\ncontent-length: 64\r\n', ''],
    ['a list of lengths', 'content-length: 0, 64\r\n', ''],
    ['a negative length', 'content-length: -1\r\n', ''],
    ['a length with a sign', 'content-length: +2\r\n', '{}'],
    ['a length in hex', 'content-length: 0x2\r\n', '{}'],
    ['a length beyond counting', `content-length: ${'9'.repeat(30)}\r\n`, ''],
    ['an unknown coding', 'transfer-encoding: xchunked\r\n', '0\r\n\r\n'],
    ['chunked not last', 'transfer-encoding: chunked, identity\r\n', '0\r\n\r\n'],
    ['two codings', 'transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n', '0\r\n\r\n'],
    ['a space before the colon', 'content-length : 0\r\n', ''],
    ['a folded header', 'x: 1\r\n folded: 2\r\ncontent-length: 0\r\n', ''],
    ['a zero byte', 'x: \0\r\ncontent-length: 0\r\n', ''],
    ['a bare line feed', 'x: 1\ncontent-length: 0\r\n', ''],
    ['a size of no chunk', 'transfer-encoding: chunked\r\n', 'zz\r\n\r\n'],
    ['a chunk longer than said', 'transfer-encoding: chunked\r\n', '1\r\n{}}}\r\n0\r\n\r\n'],
  ])('%s: 400, closed, and what follows is no request', async (_name, headers, body) => {
    const text = `POST /api/v1/swaps HTTP/1.1\r\n${HOST}${JSON_TYPE}${headers}\r\n${body}`;
    expect(await statusesOf(stage.port, text + DRAIN)).toEqual([400]);
  });

  it.each([
    ['no host', 'GET /api/v1/stats HTTP/1.1\r\n', 400],
    ['two hosts', `GET /api/v1/stats HTTP/1.1\r\n${HOST}${HOST}`, 400],
    ['HTTP/0.9', 'GET /api/v1/stats', 400],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n', 400],
    ['an unknown method', `DRAIN /api/v1/drain HTTP/1.1\r\n${HOST}`, 400],
    ['a method that is none of the path', `DELETE /api/v1/swaps HTTP/1.1\r\n${HOST}`, 405],
    ['a path that is no text', `GET /api/v1/swaps/%ff%zz HTTP/1.1\r\n${HOST}`, 400],
    ['a path upwards', `GET /api/v1/../v1/drain HTTP/1.1\r\n${HOST}`, 404],
    ['a path of another server', `GET http://other/api/v1/stats HTTP/1.1\r\n${HOST}`, 400],
    [
      'two tokens',
      `GET /api/v1/stats HTTP/1.1\r\n${HOST}authorization: a\r\nAuthorization: b\r\n`,
      400,
    ],
    [
      'two ids',
      `GET /api/v1/events HTTP/1.1\r\n${HOST}last-event-id: 1\r\nlast-event-id: 0\r\n`,
      400,
    ],
  ])('%s', async (_name, head, status) => {
    expect(await statusesOf(stage.port, `${head}${CLOSE}\r\n`)).toEqual([status]);
  });

  it('each refusal is a problem with a code', async () => {
    for (const head of ['nonsense\r\n', `GET / HTTP/1.1\r\nx: ${'x'.repeat(10_000)}\r\n`]) {
      const connection = openRaw(stage.port);
      connection.send(`${head}\r\n`);
      const told = await connection.closed;
      expect(told).toContain('content-type: application/problem+json');
      expect(JSON.parse(told.split('\r\n\r\n')[1] ?? '')).toMatchObject({
        code: 'REQUEST_INVALID',
      });
    }
  });
});

describe('bodies', () => {
  const post = (body: Uint8Array | string, headers: Record<string, string> = {}) =>
    fetch(`${stage.apiUrl}/api/v1/swaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: body as string,
    });

  it.each([
    ['compressed', gzipSync('{}'), { 'content-encoding': 'gzip' }, 415],
    ['of another type', '<a/>', { 'content-type': 'text/xml' }, 415],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['not UTF-8', new Uint8Array([0x22, 0xff, 0x22]), {}, 400],
    ['with a byte order mark', '\ufeff{}', {}, 400],
    ['empty', '', {}, 400],
    ['cut off', '{"version":1', {}, 400],
    ['too long', `"${'x'.repeat(65_536)}"`, {}, 413],
    ['deep', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, {}, 400],
    ['very deep', '['.repeat(60_000), {}, 400],
    ['a huge number', '1e999999', {}, 400],
  ] as const)('%s', async (_name, body, headers, status) => {
    const answer = await post(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'with a member %s at any level are refused and change no prototype',
    async (name) => {
      const file = termsFileToJson(await stage.file(1)) as Record<string, Record<string, unknown>>;
      const planted = `"${name}":{"polluted":true},`;
      const text = JSON.stringify(file);
      for (const place of ['{"version":1,', '"acceptances":{', '"fabric":{', '"ethereum":{']) {
        const at = text.indexOf(place);
        expect(at).toBeGreaterThanOrEqual(0);
        const answer = await post(
          text.slice(0, at) + place.replace('{', `{${planted}`) + text.slice(at + place.length),
        );
        expect(answer.status).toBe(400);
      }
      const query = await stage.get(`/api/v1/swaps?${name}=1&${name}[polluted]=1`);
      expect(query.status).toBe(400);
      expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    },
  );
});

describe('time and numbers', () => {
  it('a body a byte at a time is cut off', async () => {
    const connection = openRaw(stage.port);
    connection.send(
      `POST /api/v1/swaps HTTP/1.1\r\n${HOST}${JSON_TYPE}content-length: 5000\r\n\r\n`,
    );
    void connection.trickle('{'.repeat(5_000), 20);
    expect(statusLines(await connection.closed)).toEqual([408]);
  });

  it('a body that stays away after a refusal is not waited for longer', async () => {
    const connection = openRaw(stage.port);
    connection.send(
      `POST /api/v1/swaps HTTP/1.1\r\n${HOST}${JSON_TYPE}origin: a\r\ncontent-length: 5000\r\n\r\n{`,
    );
    expect(statusLines(await connection.closed)[0]).toBe(403);
  });

  it('a connection of which one half is closed is closed', async () => {
    const connection = openRaw(stage.port);
    connection.socket.end('GET /api/v1/stats HTTP/1.1\r\nhost: loc');
    expect(statusLines(await connection.closed).every((status) => status === 400)).toBe(true);
  });

  it('a hundred slow heads keep nobody else out', async () => {
    const slow = Array.from({ length: 90 }, () => openRaw(stage.port));
    for (const connection of slow)
      void connection.trickle(`GET / HTTP/1.1\r\nx: ${'x'.repeat(500)}`, 50);
    expect((await stage.get('/api/v1/stats')).status).toBe(200);
    for (const told of await Promise.all(slow.map(({ closed }) => closed)))
      expect(statusLines(told)).toEqual([408]);
  });

  it('requests in one packet are answered in their order', async () => {
    const paths = Array.from({ length: 100 }, (_, index) =>
      index % 2 === 0 ? '/api/v1/stats' : '/nowhere',
    );
    const connection = openRaw(stage.port);
    connection.send(paths.map((path) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n`).join(''));
    await connection.until(/HTTP\/1\.1 /, 100);
    connection.hangUp();
    expect(statusLines(connection.received())).toEqual(
      paths.map((path) => (path === '/nowhere' ? 404 : 200)),
    );
  });
});

describe('web pages', () => {
  it.each([
    ['POST', '/api/v1/drain'],
    ['GET', '/api/v1/events'],
    ['OPTIONS', '/api/v1/drain'],
  ])('of other sites cannot %s %s', async (method, path) => {
    const head = `${method} ${path} HTTP/1.1\r\n${HOST}origin: https://example.com\r\n`;
    const connection = openRaw(stage.port);
    connection.send(
      `${head}access-control-request-method: POST\r\ncontent-length: 0\r\n${CLOSE}\r\n`,
    );
    const told = await connection.closed;
    expect(statusLines(told)).toEqual([403]);
    expect(told.toLowerCase()).not.toContain('access-control');
  });

  it.each([
    'example.com',
    '127.0.0.1.example.com',
    'example.com:4600',
    '[2001:db8::1]:80',
    '10.0.0.1',
  ])('of a name that was let point here, %s, are refused', async (host) => {
    const text = `GET /api/v1/stats HTTP/1.1\r\nhost: ${host}\r\n${CLOSE}\r\n`;
    expect(await statusesOf(stage.port, text)).toEqual([403]);
  });

  it.each(['localhost', 'LOCALHOST:1', '127.0.0.1:4600', '[::1]:4600'])(
    '%s is this machine',
    async (host) => {
      const text = `GET /api/v1/stats HTTP/1.1\r\nhost: ${host}\r\n${CLOSE}\r\n`;
      expect(await statusesOf(stage.port, text)).toEqual([200]);
    },
  );
});

it('the 101st connection of an address is closed, and one may come when one has gone', async () => {
  const crowded = await startStage();
  const ask = `GET /api/v1/stats HTTP/1.1\r\n${HOST}\r\n`;
  const open = [];
  for (;;) {
    const connection = openRaw(crowded.port);
    connection.send(ask);
    if ((await connection.until(/\r\n\r\n/)) === '') break;
    open.push(connection);
  }
  expect(open.length).toBe(100);
  open.pop()?.hangUp();
  for (;;) {
    const connection = openRaw(crowded.port);
    connection.send(ask);
    const told = await connection.until(/\r\n\r\n/);
    connection.hangUp();
    if (told !== '') break;
    await sleep(20);
  }
  for (const connection of open) connection.hangUp();
  await crowded.close();
});
