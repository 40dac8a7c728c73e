import { createLoggerFamily, createMemoryStore, openSession } from '@midlock/client';
import { CAROL, createRig } from '@midlock/client/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { relayerResumeCommand } from '../../../cli/src/commands/relayer.ts';
import { createDaemon, type Daemon } from '../daemon.ts';
import { createMetrics } from './metrics.ts';

const running: Daemon[] = [];
afterEach(async () => {
  for (const daemon of running.splice(0)) await daemon.close();
});

async function start(
  broken = false,
  store = createMemoryStore(),
): Promise<{ readonly url: string; readonly daemon: Daemon }> {
  const rig = createRig();
  const ports = rig.ports(CAROL, store.nonces);
  const fabric = broken
    ? { ...ports.fabric, head: () => Promise.reject(new Error('down')) }
    : ports.fabric;
  const daemon = createDaemon(
    {
      profile: rig.profile,
      tickMs: 1000,
      concurrency: 4,
      maxOpen: 10,
      maxBacklog: 10,
      api: {
        host: '127.0.0.1',
        port: 0,
        tokens: [],
        limits: { readsPerMinute: 10, writesPerMinute: 10 },
      },
      operations: { host: '127.0.0.1', port: 0 },
    },
    {
      store,
      fabric,
      ethereum: ports.ethereum,
      clock: rig.clock,
      walletWei: () => Promise.resolve(15n * 10n ** 17n),
      logs: createLoggerFamily({ spec: 'error', format: 'json' }),
    },
  );
  running.push(daemon);
  const { operationsUrl } = await daemon.start();
  await rig.second();
  return { url: operationsUrl, daemon };
}

describe('the operations listener', () => {
  it('answers in the shapes of Fabric', async () => {
    const { url } = await start();
    for (const path of ['/healthz', '/livez', '/readyz']) {
      const answer = await fetch(url + path);
      expect([path, answer.status, ((await answer.json()) as { status: string }).status]).toEqual([
        path,
        200,
        'OK',
      ]);
    }
    expect(await (await fetch(`${url}/version`)).json()).toEqual({
      CommitSHA: '',
      Version: '0.1.0',
    });
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  it('names the component that fails, and is not ready while draining', async () => {
    const { url } = await start(true).catch(() => ({ url: '' }));
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'Service Unavailable',
      failed_checks: [{ component: 'fabric', reason: 'INTERNAL' }],
    });
    const calm = await start();
    calm.daemon.relayer.drain();
    expect((await fetch(`${calm.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${calm.url}/healthz`)).status).toBe(200);
  });

  it('changes log levels while running and refuses a wrong spec', async () => {
    const { url } = await start();
    const put = (body: string) => fetch(`${url}/logspec`, { method: 'PUT', body });
    expect((await put('{"spec":"debug:relayer=warn"}')).status).toBe(204);
    expect(await (await fetch(`${url}/logspec`)).json()).toEqual({ spec: 'debug:relayer=warn' });
    for (const wrong of ['{"spec":"loud"}', '{}', 'x', `{"spec":"${'x'.repeat(2000)}"}`]) {
      const answer = await put(wrong);
      expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([
        400,
        ['error'],
      ]);
    }
  });

  it('shows every metric that the documents name', async () => {
    const { url } = await start();
    const text = await (await fetch(`${url}/metrics`)).text();
    const names = [
      'swaps_total',
      'swap_phase_seconds',
      'swaps_open',
      'backlog_oldest_age_seconds',
      'chain_head',
      'chain_finalized',
      'chain_processed',
      'chain_lag_seconds',
      'reorgs_total',
      'rpc_request_seconds',
      'gas_used_total',
      'timelock_margin_seconds',
      'wallet_balance',
      'backpressure',
      'lease_held',
      'fenced_writes_total',
      'build_info',
    ];
    for (const name of names) expect(text).toContain(`# TYPE midlock_${name} `);
    expect(text).toContain('midlock_lease_held 1');
    expect(text).toContain('midlock_wallet_balance{chain="ethereum"} 1.5');
    expect(text).toContain('midlock_backpressure{chain="fabric"} 0');
    expect(text).not.toMatch(/0x[0-9a-f]{64}/);
  });
});

describe('lifting a halt', () => {
  async function startHalted(): Promise<{ readonly url: string; readonly daemon: Daemon }> {
    const store = createMemoryStore();
    await store.commit({
      epoch: await store.acquireEpoch(),
      mark: { ledger: 'ethereum', mark: { finalizedHeight: 0n, halted: true } },
      journal: [],
    });
    return start(false, store);
  }

  it('is what the command does on a running relayer', async () => {
    const { url, daemon } = await startHalted();
    expect(daemon.relayer.world().halted).toEqual(['ethereum']);
    const said: unknown[] = [];
    await relayerResumeCommand({ operations: url, ledger: 'ethereum' }, {
      result: (value: unknown) => said.push(value),
    } as never);
    expect(said).toEqual([{ resumed: 'ethereum' }]);
    expect(daemon.relayer.world().halted).toEqual([]);
  });

  it('names the ledger that it does not know', async () => {
    const { url } = await startHalted();
    const answer = await fetch(`${url}/resume`, { method: 'PUT', body: '{"ledger":"gold"}' });
    expect(answer.status).toBe(400);
  });
});

describe('what ended', () => {
  it('is counted once, however often a session changes after its outcome is known', async () => {
    const rig = createRig();
    const metrics = createMetrics('0');
    const session = openSession({
      terms: rig.terms('fabric-first', 1),
      role: 'relayer',
      profile: rig.profile,
      nowSec: 0n,
      accepted: true,
    });
    for (const open of [true, true, false]) metrics.changed({ ...session }, open);
    const text = await metrics.registry.metrics();
    expect(text).toContain('midlock_swaps_total{direction="fabric-first",outcome="planned"} 1\n');
  });
});
