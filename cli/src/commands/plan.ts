import { readFileSync } from 'node:fs';
import { profileSchema } from '@midlock/client';
import {
  MidlockError,
  PROFILES,
  lockGuardSec,
  marginSec,
  planTimelocks,
  revealGuardSec,
  type Direction,
  type SwapProfile,
  type TimelockPlan,
} from '@midlock/protocol';
import { table, type Output } from '../output.ts';

export interface PlanOptions {
  readonly direction: string;
  readonly profile: string;
  /** Seconds since 1970; default: this machine's clock. */
  readonly now?: string;
  readonly slack?: string;
}

/** `midlock swap plan`: both deadlines, every moment that follows from them, and the inequalities that they keep. */
export function planCommand(options: PlanOptions, output: Output): void {
  const direction = parseDirection(options.direction);
  const profile = loadProfile(options.profile);
  const nowSec =
    options.now === undefined
      ? BigInt(Math.floor(Date.now() / 1000))
      : parseSeconds(options.now, '--now');
  const slack =
    options.slack === undefined ? {} : { slackSec: parseSeconds(options.slack, '--slack') };
  const plan = planTimelocks({ direction, profile, nowSec, ...slack });
  output.result({ ...plan, nowSec }, renderPlan(plan, nowSec));
}

/** A profile by name, or its figures from a JSON file, seconds as numbers or decimal strings. Throws PROFILE_INVALID. */
export function loadProfile(nameOrFile: string): SwapProfile {
  const known = PROFILES.find((profile) => profile.name === nameOrFile);
  if (known !== undefined) return known;
  const found = profileSchema.safeParse(readJson(nameOrFile));
  if (found.success) return found.data;
  throw new MidlockError('PROFILE_INVALID', {
    profile: nameOrFile,
    rule: 'the figures that "midlock config schema" has under profile, and no others',
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const names = PROFILES.map((profile) => profile.name).join(', ');
    throw new MidlockError(
      'PROFILE_INVALID',
      { profile: file, rule: `one of ${names}, or a JSON file` },
      { cause },
    );
  }
}

export function parseDirection(text: string): Direction {
  if (text === 'fabric-first' || text === 'ethereum-first') return text;
  throw new MidlockError('ARGUMENT_INVALID', {
    argument: '--direction',
    expected: 'fabric-first or ethereum-first',
  });
}

/** Whole seconds of an option. Throws ARGUMENT_INVALID. */
export function parseSeconds(text: string, argument: string): bigint {
  if (/^\d{1,12}$/.test(text)) return BigInt(text);
  throw new MidlockError('ARGUMENT_INVALID', { argument, expected: 'whole seconds' });
}

function renderPlan(plan: TimelockPlan, nowSec: bigint): string {
  const moment = (label: string, atSec: bigint, meaning: string): string[] => [
    label,
    `+${String(atSec - nowSec)} s`,
    new Date(Number(atSec) * 1000).toISOString().replace('.000', ''),
    meaning,
  ];
  const [long, short] =
    plan.direction === 'fabric-first' ? ['Fabric', 'Ethereum'] : ['Ethereum', 'Fabric'];
  const rows = [
    ['moment', 'from now', 'time (UTC)', 'meaning'],
    moment(
      'lock long by',
      plan.lockLongBySec,
      `the initiator locks on ${long} before this, or not at all`,
    ),
    moment(
      'lock short by',
      plan.lockShortBySec,
      `the responder locks on ${short} before this, or not at all`,
    ),
    moment('reveal by', plan.revealBySec, 'the initiator claims before this, or not at all'),
    moment('T_E', plan.ethereumExpiresAtSec, 'Ethereum: claims until here, refunds from here on'),
    moment('T_F', plan.fabricExpiresAtSec, 'Fabric: claims until here'),
    moment('T_F + gap', plan.fabricRefundFromSec, 'Fabric: refunds from here on'),
  ];
  const proofs = plan.obligations.map(
    ({ claim, left, relation, right }) =>
      `  ${claim}: ${String(left)} ${relation} ${String(right)} s`,
  );
  const { direction, profile } = plan;
  return [
    `${direction} under profile ${profile.name}: margin ${String(marginSec(direction, profile))} s, lock guard ${String(lockGuardSec(direction, profile))} s, reveal guard ${String(revealGuardSec(direction, profile))} s`,
    '',
    table(rows),
    '',
    'What the plan keeps:',
    ...proofs,
  ].join('\n');
}
