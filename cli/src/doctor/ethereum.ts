import { setTimeout as sleep } from 'node:timers/promises';
import { REFUSALS, isKnownAccount } from '@midlock/client';
import { DEFAULT_LIMITS, DEVELOPMENT_LIMITS, inspectEscrowCode } from '@midlock/evm';
import { CATALOGUE, ETH } from '@midlock/protocol';
import { fail, ok, warn, type Check, type Seen } from './check.ts';
import { blockAt, rpc } from './rpc.ts';
import type { OpenSubject, Subject } from './subject.ts';

/** Over how many blocks the block time is measured. */
const SPAN = 32n;
/** How long doctor waits at most to see a new block. */
const PATIENCE_MS = 3_000;

/** The Ethereum side: nodes, chain, finality, time, contract. */
export const ETHEREUM: readonly Check<Subject>[] = [
  {
    name: 'Ethereum nodes',
    look: async ({ config: { ethereum } }) => {
      const { endpoints, quorum = 1, chainId } = ethereum;
      const answers = await Promise.all(
        endpoints.map(async (url) => {
          const { host } = new URL(url);
          try {
            return { host, actual: BigInt(String(await rpc(url, 'eth_chainId', []))) };
          } catch {
            return { host, actual: undefined };
          }
        }),
      );
      const other = answers.filter(({ actual }) => actual !== undefined && actual !== chainId);
      if (other.length > 0)
        return fail(
          other
            .map(
              ({ host, actual }) =>
                `${host} serves chain ${String(actual)}, not ${String(chainId)}`,
            )
            .join('; '),
          CATALOGUE.ENDPOINT_WRONG_CHAIN.next,
        );
      const away = answers.filter(({ actual }) => actual === undefined).map(({ host }) => host);
      const seen = `${String(answers.length - away.length)} of ${String(answers.length)} answer for chain ${String(chainId)}, ${String(quorum)} must agree`;
      if (answers.length - away.length < quorum || away.length === answers.length)
        return fail(`${seen}; away: ${away.join(', ')}`, CATALOGUE.QUORUM_MISSING.next);
      return away.length === 0
        ? ok(seen)
        : warn(
            `${seen}; away: ${away.join(', ')}`,
            'start it again while the others still make a quorum',
          );
    },
  },
  { name: 'block time', look: ({ config }) => eachNode(config, (url) => blockTime(url, config)) },
  { name: 'finality', look: ({ config }) => eachNode(config, (url) => finality(url, config)) },
  {
    name: 'escrow contract',
    look: ({ config }) =>
      eachNode(config, async (url) => {
        const { escrow, chainId } = config.ethereum;
        const code = String(await rpc(url, 'eth_getCode', [escrow, 'latest']));
        const { differences, limits } = inspectEscrowCode(code, chainId, escrow);
        if (differences.length > 0 || limits === undefined)
          return fail(
            `${escrow}: ${differences.join('; ')}`,
            'correct ethereum.escrow, or deploy it (midlock deploy ethereum); never lock in a contract that differs',
          );
        const { inclusionSec, finalitySec } = config.profile.ethereum;
        if (limits.minDurationSec > inclusionSec + finalitySec)
          return fail(
            `${escrow}: takes no lock shorter than ${String(limits.minDurationSec)} s, the profile plans shorter ones`,
            'choose the profile that the contract was deployed for',
          );
        const usual = [DEFAULT_LIMITS, DEVELOPMENT_LIMITS].some((known) =>
          (Object.keys(known) as (keyof typeof known)[]).every((key) => known[key] === limits[key]),
        );
        const told = `${escrow}, durations ${String(limits.minDurationSec)} to ${String(limits.maxDurationSec)} s, payouts ${String(limits.payoutGas)} gas`;
        return usual
          ? ok(told)
          : warn(`${told}: not the usual limits`, 'compare them with what was agreed on');
      }),
  },
];

/** What needs the key's account. */
export const ACCOUNT: readonly Check<OpenSubject>[] = [
  {
    name: 'Ethereum key',
    look: ({ address, config }) =>
      isKnownAccount(address, config.ethereum.chainId)
        ? fail(
            `${address} is an account whose key everybody knows`,
            CATALOGUE[REFUSALS['development-key'].code].next,
          )
        : ok(address),
  },
  {
    name: 'ETH for fees',
    look: async ({ ethereum, address }) => {
      const balance = await ethereum.account.tokenBalance(ETH);
      return balance === 0n
        ? warn(`${address} holds nothing`, 'fund the account before you lock or claim')
        : ok(`${String(balance)} wei`);
    },
  },
];

/** The worst that any node that answers shows. */
async function eachNode(
  { ethereum: { endpoints } }: Subject['config'],
  look: (url: string) => Promise<Seen>,
): Promise<Seen> {
  const answers = await Promise.allSettled(endpoints.map(look));
  const seen = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled'
      ? [{ ...answer.value, host: new URL(endpoints[index] ?? '').host }]
      : [],
  );
  const [first] = seen;
  if (first === undefined) return fail('no node answers', CATALOGUE.ENDPOINT_UNREACHABLE.next);
  const { host, ...worst } =
    seen.find(({ status }) => status === 'FAIL') ??
    seen.find(({ status }) => status === 'warn') ??
    first;
  return seen.length === 1 || worst.status === 'ok'
    ? worst
    : { ...worst, seen: `${host}: ${worst.seen}` };
}

async function blockTime(url: string, { profile }: Subject['config']): Promise<Seen> {
  const head = await blockAt(url, 'latest');
  const back = head && (await blockAt(url, head.height > SPAN ? head.height - SPAN : 0n));
  if (head === undefined || back === undefined || head.height === back.height)
    return warn('no blocks yet', 'look again when the chain has some');
  // The first block of a development chain may be years older than the second.
  const from = back.height === 0n ? await blockAt(url, 1n) : back;
  const blocks = head.height - (from?.height ?? 0n);
  const tenths = blocks === 0n ? 0n : ((head.timeSec - (from?.timeSec ?? 0n)) * 10n) / blocks;
  const told = `${String(tenths / 10n)}.${String(tenths % 10n)} s per block, head ${String(head.height)}`;
  const { inclusionSec } = profile.ethereum;
  const ageSec = BigInt(Math.floor(Date.now() / 1000)) - head.timeSec;
  if (tenths > inclusionSec * 10n)
    return fail(
      `${told}: slower than the ${String(inclusionSec)} s in which the profile expects an inclusion`,
      'choose a profile for this chain (midlock swap plan --help)',
    );
  return ageSec > 10n * inclusionSec + 60n
    ? fail(
        `${told}, ${String(ageSec)} s old`,
        'the node stands still or lags behind: let it catch up',
      )
    : ok(`${told}, ${String(ageSec)} s old`);
}

async function finality(url: string, { ethereum, profile }: Subject['config']): Promise<Seen> {
  const mode = ethereum.finality;
  if (mode.mode === 'instant') return ok('each block is final, as configured');
  if (mode.mode === 'depth') return ok(`${String(mode.blocks)} blocks deep, as configured`);
  const tag = mode.tag ?? 'finalized';
  const [head, first] = await Promise.all([blockAt(url, 'latest'), blockAt(url, tag)]);
  if (first === undefined || head === undefined)
    return fail(
      `the node answers no ${tag} block`,
      'configure ethereum.finality as depth or instant, as this chain is, or use a node that answers the tag',
    );
  const lagSec = head.timeSec - first.timeSec;
  const told = `${tag} ${String(first.height)}, ${String(lagSec)} s behind head ${String(head.height)}`;
  const { finalitySec, inclusionSec } = profile.ethereum;
  if (lagSec > 2n * finalitySec + 10n * inclusionSec)
    return fail(
      `${told}: the profile expects ${String(finalitySec)} s`,
      'wait until the chain finalises again; start no swap before',
    );
  const moved = await movesFrom(url, tag, first.height);
  return moved || finalitySec * 1000n > BigInt(PATIENCE_MS)
    ? ok(`${told}${moved ? ', moving' : ''}`)
    : warn(
        `${told}, did not move in ${String(PATIENCE_MS / 1000)} s`,
        'look again; if it stands still, inspect the node',
      );
}

/** Whether the tag comes to a higher block within the time that doctor waits. */
async function movesFrom(url: string, tag: string, height: bigint): Promise<boolean> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    await sleep(250);
    if (((await blockAt(url, tag))?.height ?? 0n) > height) return true;
  }
  return false;
}
