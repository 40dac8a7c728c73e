import { readConfig, runProcess } from '@midlock/client';
import { relayerProcess, relayerSchema } from '@midlock/relayer';
import { DEFAULT_CONFIG_FILE } from '../party/open-party.ts';
import type { Output } from '../output.ts';

/** `midlock relayer start`: the daemon with its API and operations listeners, until SIGTERM. */
export function relayerStartCommand(configFile = DEFAULT_CONFIG_FILE): Promise<void> {
  return runProcess((signal, ready) =>
    relayerProcess(readConfig(configFile, relayerSchema, process.env), process.env)(signal, ready),
  );
}

/** `midlock relayer status`: health, readiness and open swaps of a running relayer, by its operations address. */
export async function relayerStatusCommand(
  operationsUrl: string,
  output: Output,
): Promise<boolean> {
  const read = async (path: string) => {
    const response = await fetch(new URL(path, operationsUrl), {
      signal: AbortSignal.timeout(5000),
    });
    return { status: response.status, body: await response.text() };
  };
  const [health, ready, metrics] = await Promise.all([
    read('/healthz'),
    read('/readyz'),
    read('/metrics'),
  ]);
  const figures = metrics.body
    .split('\n')
    .filter((line) =>
      /^midlock_(swaps_open|backlog|chain_lag|timelock_margin|wallet_balance)/.test(line),
    );
  const ok = health.status === 200 && ready.status === 200;
  output.result(
    { ok, health: health.status, ready: ready.status, figures },
    [`health ${health.status}, ready ${ready.status}`, ...figures].join('\n'),
  );
  return ok;
}
