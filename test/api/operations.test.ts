import { afterEach, describe, expect, it } from 'vitest';
import { openRaw, statusLines, statusesOf } from './raw-client.ts';
import { startStage, type Stage, type StageOptions } from './stage.ts';

const HOST = 'host: localhost\r\n';
const CLOSE = 'connection: close\r\n';
const ALIVE = `GET /livez HTTP/1.1\r\n${HOST}`;
const RESUME = '{"ledger":"ethereum"}';

const stages: Stage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) {
    // Whatever was done to it: it answers whoever comes when there is room.
    await expect.poll(() => alive(stage), { timeout: 20_000 }).toBe(true);
    await stage.close();
  }
});

async function open(options: StageOptions = {}): Promise<{ stage: Stage; port: number }> {
  const stage = await startStage(options);
  stages.push(stage);
  return { stage, port: Number(new URL(stage.operationsUrl).port) };
}

function alive({ operationsUrl }: Stage): Promise<boolean> {
  return fetch(`${operationsUrl}/livez`, { headers: { connection: 'close' } }).then(
    ({ status }) => status === 200 || status === 429,
    () => false,
  );
}

const put = (body: string, more = ''): string =>
  `PUT /resume HTTP/1.1\r\n${HOST}${more}content-length: ${String(body.length)}\r\n${CLOSE}\r\n${body}`;

describe('the operations listener has the defences of the API', () => {
  it.each([
    ['a stranger as host', 'GET /metrics HTTP/1.1\r\nhost: example.com\r\n', 403],
    [
      'a name that was let point here',
      'GET /metrics HTTP/1.1\r\nhost: 127.0.0.1.example.com\r\n',
      403,
    ],
    ['no host', 'GET /metrics HTTP/1.1\r\n', 400],
    ['two hosts', `GET /metrics HTTP/1.1\r\n${HOST}${HOST}`, 400],
    ['a web page', `GET /metrics HTTP/1.1\r\n${HOST}origin: https://example.com\r\n`, 403],
    ['a path of another server', `GET http://other/metrics HTTP/1.1\r\n${HOST}`, 400],
    ['a long path', `GET /${'x'.repeat(3_000)} HTTP/1.1\r\n${HOST}`, 414],
    ['many headers', `GET /metrics HTTP/1.1\r\n${HOST}${'x: 1\r\n'.repeat(100)}`, 431],
    ['a large head', `GET /metrics HTTP/1.1\r\n${HOST}x: ${'x'.repeat(10_000)}\r\n`, 431],
    [
      'length and chunks',
      `PUT /resume HTTP/1.1\r\n${HOST}content-length: 4\r\ntransfer-encoding: chunked\r\n`,
      400,
    ],
    ['nonsense', 'nonsense\r\n', 400],
  ])('%s is refused', async (_name, head, status) => {
    const { port } = await open();
    expect(await statusesOf(port, `${head}${CLOSE}\r\n`)).toEqual([status]);
  });

  it('a web page lifts no halt and changes no log level', async () => {
    const { stage, port } = await open();
    expect(await statusesOf(port, put(RESUME, 'origin: https://example.com\r\n'))).toEqual([403]);
    expect(await statusesOf(port, put(RESUME))).toEqual([200]);
    const levels = await fetch(`${stage.operationsUrl}/logspec`, {
      method: 'PUT',
      body: '{"spec":"debug"}',
      headers: { origin: 'null' },
    });
    expect(levels.status).toBe(403);
  });

  it.each([
    ['longer than a kilobyte', `{"spec":"${'x'.repeat(2_000)}"}`],
    ['deep', '['.repeat(500) + ']'.repeat(500)],
    ['not UTF-8', '\u00ff'],
    ['no JSON', '{'],
    ['nothing', 'null'],
  ])('a body that is %s is refused', async (_name, body) => {
    const { port } = await open();
    expect(await statusesOf(port, Buffer.from(put(body), 'latin1'))).toEqual([400]);
  });

  it('a head and a body a byte at a time are cut off', async () => {
    const { port } = await open({ limits: { requestMs: 500 } });
    for (const [head, rest] of [
      ['', `${ALIVE}x: ${'x'.repeat(2_000)}`],
      [`PUT /logspec HTTP/1.1\r\n${HOST}content-length: 900\r\n\r\n`, ' '.repeat(900)],
    ] as const) {
      const connection = openRaw(port);
      connection.send(head);
      void connection.trickle(rest, 20);
      expect(statusLines(await connection.closed)).toEqual([408]);
    }
  });

  it('a silent connection is closed', async () => {
    const { port } = await open({ limits: { idleMs: 200 } });
    const connection = openRaw(port);
    expect(await connection.closed).not.toMatch(/ 200 /);
  });

  it.each(['maxConnections', 'maxConnectionsPerAddress'] as const)(
    'beyond %s a connection is closed',
    async (name) => {
      const { port } = await open({ limits: { [name]: 2 } });
      const held = [openRaw(port), openRaw(port)];
      for (const connection of held) {
        connection.send(`${ALIVE}\r\n`);
        expect(statusLines(await connection.until(/\r\n\r\n/))).toEqual([200]);
      }
      const third = openRaw(port);
      third.send(`${ALIVE}\r\n`);
      expect(await third.closed).toBe('');
      for (const connection of held) connection.hangUp();
    },
  );

  it('a connection is closed after its last request', async () => {
    const { port } = await open({ limits: { maxRequestsPerConnection: 1 } });
    const connection = openRaw(port);
    connection.send(`${ALIVE}\r\n`);
    expect(await connection.closed).toMatch(/^connection: close\r$/im);
  });

  it('too many calls get 429 with Retry-After', async () => {
    const { stage } = await open({ limits: { readsPerMinute: 2 } });
    const answers = [];
    for (let call = 0; call < 3; call += 1)
      answers.push(await fetch(`${stage.operationsUrl}/livez`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
    expect(Number(answers.at(-1)?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('an answer that does not come is ended', async () => {
    const { stage } = await open({
      limits: { answerMs: 300 },
      walletWei: () => new Promise(() => undefined),
    });
    const answer = await fetch(`${stage.operationsUrl}/metrics`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      503,
      'TIMED_OUT',
    ]);
  });
});

it('who floods the operations listener keeps nobody out of the API, and the other way round', async () => {
  const { stage, port } = await open({
    limits: { maxConnections: 5, maxConnectionsPerAddress: 5 },
  });
  const flood = Array.from({ length: 5 }, () => openRaw(port));
  await Promise.all(
    flood.map((connection) => {
      connection.send(`${ALIVE}\r\n`);
      return connection.until(/\r\n\r\n/);
    }),
  );
  expect((await stage.get('/api/v1/stats')).status).toBe(200);
  for (const connection of flood) connection.hangUp();
});
