import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig, runProcess } from '@midlock/client';
import { MidlockError, type ErrorCode } from '@midlock/protocol';
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

export interface RelayerDrainOptions {
  /** Address of the relayer's API. */
  readonly api: string;
  /** File with a token of scope `operate`, where the relayer asks for one. */
  readonly tokenFile?: string;
  /** Stop waiting after so many seconds; the relayer goes on draining. */
  readonly within: string;
}

const POLL_MS = 500;

/**
 * `midlock relayer drain`: the relayer takes on nothing new, finishes what is open and exits 0. Returns when it is gone.
 * @throws {MidlockError} ENDPOINT_UNREACHABLE, REQUEST_UNAUTHORIZED, TIMED_OUT.
 */
export async function relayerDrainCommand(
  { api, tokenFile, within }: RelayerDrainOptions,
  output: Output,
): Promise<void> {
  const token = tokenFile === undefined ? undefined : (await readFile(tokenFile, 'utf8')).trim();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const call = (method: string, path: string): Promise<Response | undefined> =>
    fetch(new URL(path, api), { method, headers, signal: AbortSignal.timeout(5000) }).catch(
      () => undefined,
    );
  const answer = await call('POST', '/api/v1/drain');
  if (answer === undefined) throw new MidlockError('ENDPOINT_UNREACHABLE', { api });
  if (!answer.ok) throw new MidlockError('REQUEST_UNAUTHORIZED', { api, status: answer.status });
  const { open } = (await answer.json()) as { readonly open: number };
  const until = Date.now() + Number(within) * 1000;
  while ((await call('GET', '/api/v1/stats')) !== undefined) {
    if (Date.now() > until) throw new MidlockError('TIMED_OUT', { api, within });
    await sleep(POLL_MS);
  }
  output.result({ drained: true, open }, `drained: ${String(open)} open swaps finished, gone`);
}

export interface RelayerResumeOptions {
  /** Address of the relayer's operations listener. */
  readonly operations: string;
  readonly ledger: string;
}

/**
 * `midlock relayer resume`: lifts the halt that followed when a ledger's finality went backwards.
 * @throws {MidlockError} FINALITY_REGRESSED while something is not as it was; ENDPOINT_UNREACHABLE, ARGUMENT_INVALID.
 */
export async function relayerResumeCommand(
  { operations, ledger }: RelayerResumeOptions,
  output: Output,
): Promise<void> {
  const answer = await fetch(new URL('/resume', operations), {
    method: 'PUT',
    body: JSON.stringify({ ledger }),
    signal: AbortSignal.timeout(60_000),
  }).catch(() => undefined);
  if (answer === undefined) throw new MidlockError('ENDPOINT_UNREACHABLE', { operations });
  const { error } = (await answer.json()) as {
    readonly error?: { readonly code: ErrorCode; readonly data?: Readonly<Record<string, string>> };
  };
  if (answer.status === 409 && error !== undefined)
    throw new MidlockError(error.code, error.data ?? {});
  if (!answer.ok) throw new MidlockError('ARGUMENT_INVALID', { ledger });
  output.result({ resumed: ledger }, `${ledger}: new locks and reveals go on`);
}
