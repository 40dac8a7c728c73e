import type { CurveEngine } from '@midlock/crypto/bls/engine';
import { bytesInteger } from '@midlock/crypto/encoding/bytes';
import { parseDeal } from '@midlock/crypto/dkg/bodies';
import { Dealing } from '@midlock/crypto/dkg/member';
import { committeeBounds } from '@midlock/crypto/dkg/committee-bounds';
import { sessionId } from '@midlock/crypto/dkg/parameters';
import { verifyConstant } from '@midlock/crypto/dkg/possession';
import { isShareOf } from '@midlock/crypto/dkg/shares';
import { blsKeyGroup } from '@midlock/crypto/group/bls-g2';
import {
  identityOf,
  simulateKeygen,
  simulationParameters,
  simulationTools,
  type Fault,
} from '@midlock/crypto/testing/keygen-simulation';
import { seededRandom } from '@midlock/crypto/testing/random';
import { rowOf, type BenchOptions, type Row } from '../row.ts';
import { medianMs, timed } from '../timing.ts';

/**
 * One member's work in key generation over BLS12-381: dealing (secrets, so noble) and checking one dealing (public, so mcl), from
 * which the whole follows: a member checks as many dealings as there are dealers.
 */
export function keygenRows<P, Q>(
  engine: CurveEngine<P, Q>,
  { quick, progress }: BenchOptions,
): Row[] {
  const group = blsKeyGroup(engine);
  const tools = simulationTools(group);
  return (quick ? [64] : [16, 64, 200, 800]).flatMap((size) => {
    progress(`key generation, n = ${String(size)}`);
    const names = Array.from({ length: size }, (_, i) => `member ${String(i + 1)}`);
    const parameters = simulationParameters(group.name, names, committeeBounds(size));
    const session = sessionId(parameters);
    let dealing = new Dealing(tools, parameters, 1);
    const dealMs = medianMs(size > 200 ? 1 : 3, () => {
      dealing = new Dealing(tools, parameters, 1);
    });
    const shareMs = medianMs(1, () => names.map((_, i) => dealing.shareFor(i + 1)));
    const body = dealing.body(names.map(() => new Uint8Array(80)));
    const share = bytesInteger(dealing.shareFor(2));
    const checkMs = medianMs(3, () => {
      const deal = parseDeal(group, parameters.threshold, size, body);
      const [constant] = deal.commitments;
      const good =
        constant !== undefined && verifyConstant(group, session, 1, constant, deal.possession);
      if (!good || !isShareOf(tools, deal.commitments, 2, share))
        throw new Error('an honest dealing was refused');
    });
    const label = `key generation n=${String(size)} t=${String(parameters.threshold)}`;
    return [
      row(`${label}: make one dealing`, dealMs + shareMs, null),
      row(`${label}: check one dealing`, checkMs, null),
      row(
        `${label}: one member's whole work (1 made + n checked, from one of each)`,
        dealMs + shareMs + size * checkMs,
        null,
      ),
    ];
  });
}

/**
 * A whole run of the machine with 800 members of whom f cheat, at one reader of the log. Takes minutes, therefore only when
 * MIDLOCK_BENCH_LONG is set.
 */
export function longKeygenRows<P, Q>(engine: CurveEngine<P, Q>, { progress }: BenchOptions): Row[] {
  if (process.env['MIDLOCK_BENCH_LONG'] === undefined) {
    progress('key generation with n = 800 run to its end: left out, set MIDLOCK_BENCH_LONG=1');
    return [];
  }
  const size = 800;
  const bounds = committeeBounds(size);
  const base = blsKeyGroup(engine);
  // Dealers' secrets through mcl: they are made up, and noble would need ten minutes for 427,000 commitments.
  const group = {
    ...base,
    multiplyBase: (secret: bigint) => engine.g2.multiply(engine.g2.generator, secret),
  };
  const kinds: readonly Fault[][] = [
    [{ kind: 'silent', phase: 'deal' }],
    [{ kind: 'malformed', phase: 'deal' }],
    [{ kind: 'equivocate', phase: 'deal' }],
    [{ kind: 'bad-share', members: [1] }, { kind: 'bad-answer' }],
    [
      { kind: 'bad-share', members: [1] },
      { kind: 'silent', phase: 'answer' },
    ],
  ];
  const dealerFaults = new Map(
    Array.from({ length: bounds.faults }, (_, i) => [size - 2 * i, kinds[i % kinds.length] ?? []]),
  );
  const names = Array.from({ length: size }, (_, i) => `member ${String(i + 1)}`);
  const people = names.map(identityOf);
  const [ms, { states }] = timed(() =>
    simulateKeygen({
      tools: simulationTools(group),
      parameters: simulationParameters(group.name, names, bounds),
      dealers: people,
      members: people,
      random: seededRandom('long'),
      dealerFaults,
      watchers: [1],
    }),
  );
  const [state] = states;
  if (state?.phase !== 'active' || state.excluded.size !== bounds.faults)
    throw new Error('the run did not exclude exactly the cheats');
  return [
    row(
      `key generation n=${String(size)} with ${String(bounds.faults)} cheats, whole simulation`,
      ms,
      null,
    ),
  ];
}

function row(name: string, value: number, limit: Row['limit']): Row {
  return rowOf({ name, unit: 'ms', value, limit });
}
