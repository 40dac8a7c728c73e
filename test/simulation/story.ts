import { stateOf } from '@midlock/client';
import { ETH, formatAccount } from '@midlock/protocol';
import { INVARIANTS } from './invariants/invariant.ts';
import { planOf, type Plan } from './plan.ts';
import { runSeed, type RunOptions } from './run-seed.ts';
import { ALICE, BOB, GOLD, START_SEC } from './terms.ts';
import type { Violation, World } from './world.ts';

const LAST_LINES = 60;
/** Lines that tell nobody anything: idle wake-ups, empty blocks, questions. */
const NOISE =
  / (wakes|news|schemes|head|outcome|fsync|leg|order again)$|^(slot|batch)$|: no facts$|^end of fault/;

/** What happened, for people: the plan, the last things that mattered, and what both ledgers and all disks show. */
export async function tellStory(seed: string, options: RunOptions): Promise<string> {
  const plan = planOf(seed, options);
  const lines: string[] = [];
  let ending: string[] = [];
  const { violation } = await runSeed(seed, {
    ...options,
    onLine(atMs, line) {
      if (!NOISE.test(line)) lines.push(`  ${seconds(atMs)}  ${line}`);
    },
    onEnd(world) {
      ending = [...ledgers(world), ...disks(world)];
    },
  });
  return [
    ...opening(plan),
    `What happened${lines.length > LAST_LINES ? `, the last ${String(LAST_LINES)} of ${String(lines.length)} lines` : ''}:`,
    ...lines.slice(-LAST_LINES),
    ...ending,
    ...(violation === undefined ? ['No invariant was broken.'] : verdict(violation)),
  ].join('\n');
}

function verdict({ invariant, detail, step, atMs }: Violation): string[] {
  return [
    `Broken at step ${String(step)}, ${seconds(atMs)}: ${invariant}`,
    `  ${INVARIANTS[invariant]}`,
    `  ${detail}`,
  ];
}

function opening({
  seed,
  mode,
  profile,
  adversary,
  relayers,
  liar,
  swaps,
  episodes,
}: Plan): string[] {
  const { fabric, ethereum, party } = profile;
  return [
    `Seed ${seed}, ${mode === 'bounded' ? 'every bound kept' : 'beyond the bounds'}; ${adversary === 'nobody' ? 'both parties are honest' : `${adversary} is an adversary`}; relayers: ${String(relayers)}${liar ? ', and rita lies' : ''}.`,
    `Bounds, seconds: O ${String(party.observeSec)}, d ${String(party.skewSec)}, n ${String(party.thrownOut)}; D_F ${String(fabric.commitSec)}, window ${String(fabric.maxPastSec)}/${String(fabric.maxFutureSec)}, gap ${String(fabric.gapSec)}; D_E ${String(ethereum.inclusionSec)}, K_E ${String(ethereum.finalitySec)}, R_E ${String(ethereum.reorgSpanSec)}.`,
    ...swaps.map(
      ({ number, direction, initiator, atMs }) =>
        `Swap ${String(number)}: ${direction}, ${initiator} begins at ${seconds(atMs)}.`,
    ),
    episodes.length === 0 ? 'No faults.' : 'Faults:',
    ...episodes.map(
      ({ id, kind, who, atMs, lastsMs }) =>
        `  ${seconds(atMs)}  ${kind} (${String(id)}) on ${who} for ${seconds(lastsMs)}`,
    ),
  ];
}

function ledgers({ fabric, ethereum, truth }: World): string[] {
  const rows = [...truth.swaps.values()].flatMap(({ swapId, number, terms }) =>
    (['fabric', 'ethereum'] as const).map((ledger) => {
      const facts = truth
        .facts(ledger, swapId)
        .map(
          (fact) =>
            `${fact.kind} in block ${String(fact.at.height)}${truth.isFinal(fact) ? '' : ' (not final)'}`,
        );
      const deadline = Number(terms[ledger].expiresAtSec - START_SEC);
      return `  swap ${String(number)} on ${ledger}, deadline ${String(deadline)} s: ${facts.join(', ') || 'nothing'}`;
    }),
  );
  const money = [ALICE, BOB].map(
    ({ name, fabric: account, ethereum: address }) =>
      `  ${name} (${formatAccount(account).slice(0, 16)}): ${String(fabric.balance(account, GOLD))} ${GOLD}, ${String(ethereum.balance(address, ETH))} wei`,
  );
  const pool = ethereum
    .pool()
    .map(({ call }) => `${call.action} of ${call.from.slice(0, 6)}, nonce ${String(call.nonce)}`);
  return [
    `Both ledgers: Fabric at block ${String(fabric.blocks.length - 1)}; Ethereum at ${String(ethereum.blocks.length - 1)}, final ${String(ethereum.finalizedHeight)}; pool: ${pool.join(', ') || 'empty'}`,
    ...rows,
    ...money,
  ];
}

function disks({ actors, truth }: World): string[] {
  return actors.flatMap(({ name, alive, disk }) => [
    `${name} (${alive ? 'runs' : 'is down'}) has on its disk:`,
    ...[...disk.view.sessions.values()].map(({ session, open }) => {
      const operations = Object.entries(session.operations).map(
        ([id, { phase, attempt, trouble }]) =>
          `${id} ${phase}, attempt ${String(attempt)}${trouble === undefined ? '' : `, ${trouble}`}`,
      );
      return `  swap ${String(truth.swaps.get(session.swapId)?.number)}, ${session.role}: ${stateOf(session)}${open ? '' : ', done'}; ${operations.join('; ') || 'nothing undertaken'}`;
    }),
  ]);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
