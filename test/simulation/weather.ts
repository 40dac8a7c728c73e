import type { Actor } from './actor.ts';
import type { Chains } from './chains.ts';
import { FAIR_WEATHER } from './host.ts';
import type { Episode, Plan } from './plan.ts';
import type { Kept } from './recovery.ts';
import { ALICE, BOB, ORGANIZATIONS } from './terms.ts';
import type { FabricModel } from '@midlock/client/model';
import type { Scheduler } from './scheduler.ts';

/** What episodes act on. */
export interface Stage {
  readonly plan: Plan;
  readonly scheduler: Scheduler;
  readonly actors: ReadonlyMap<string, Actor>;
  readonly chains: Chains;
  readonly fabric: FabricModel;
  /** Swaps that have begun, for those who change their mind. */
  readonly abandonOne: (actor: Actor, strength: number) => void;
  readonly note: (fault: string) => void;
}

/** Puts every episode of the plan on the schedule: its beginning, and what makes it good again. */
export function scheduleEpisodes(stage: Stage): void {
  for (const episode of stage.plan.episodes) {
    stage.scheduler.after(episode.atMs, `fault ${String(episode.id)} ${episode.kind}`, () => {
      const heal = begin(stage, episode);
      if (heal === undefined) return;
      stage.note(episode.kind);
      stage.scheduler.after(episode.lastsMs, `end of fault ${String(episode.id)}`, heal);
    });
  }
}

/** Disks that one machine loses in a run. */
const MOST_LOSSES = 2;

const nothing = (): void => undefined;

/** Starts an episode; what it returns ends it. Undefined when there was nothing to strike. */
function begin(stage: Stage, episode: Episode): (() => void) | undefined {
  const { plan, chains, fabric } = stage;
  const { kind, strength, lastsMs } = episode;
  const bounded = plan.mode === 'bounded';
  const { mood } = chains;
  switch (kind) {
    case 'reorg': {
      const replaced = chains.reorg(
        1 + Math.floor(strength * 8),
        strength * 16 - Math.floor(strength * 16) < 0.5 ? 'pool' : 'lost',
        bounded,
      );
      if (replaced === 0) return undefined;
      stage.note(`reorg-depth-${replaced > 3 ? '4+' : String(replaced)}`);
      return nothing;
    }
    case 'final-reorg':
      return chains.reverse(4 + Math.floor(strength * 30), strength < 0.5 ? 'pool' : 'lost')
        ? nothing
        : undefined;
    case 'pool-drop':
      return chains.dropOne(bounded) ? nothing : undefined;
    case 'stalled-blocks':
      mood.stalled = true;
      return () => {
        mood.stalled = false;
      };
    case 'gas-spike':
      mood.baseFee = 9n + BigInt(Math.floor(strength * 30));
      return () => {
        mood.baseFee = 1n;
      };
    case 'censorship': {
      const victim = strength < 0.5 ? ALICE.ethereum : BOB.ethereum;
      mood.censored = ({ from }) => from === victim;
      return () => {
        mood.censored = () => false;
      };
    }
    case 'finality-stall':
      mood.finalityStalled = true;
      return () => {
        mood.finalityStalled = false;
      };
    case 'slow-orderer': {
      const most = Number(plan.profile.fabric.commitSec) * 1000 - 1500;
      mood.ordererMs = bounded ? most : most + Math.floor(strength * 30_000);
      return () => {
        mood.ordererMs = 0;
      };
    }
    case 'organization-down': {
      const organization = fabric.organizations[Math.floor(strength * ORGANIZATIONS.length)];
      if (organization === undefined) return undefined;
      const { willing } = organization;
      organization.willing = () => false;
      return () => {
        organization.willing = willing;
      };
    }
    case 'endorser-skew': {
      const organization = fabric.organizations[Math.floor(strength * 1000) % ORGANIZATIONS.length];
      if (organization === undefined) return undefined;
      const bound = Number(plan.profile.party.skewSec) + (bounded ? 0 : 20);
      organization.offsetSec = BigInt(Math.round((strength * 2 - 1) * bound));
      return nothing;
    }
    default: {
      const struck = whom(stage, episode).map((actor) => strike(stage, actor, episode, lastsMs));
      const healers = struck.filter((heal) => heal !== undefined);
      return healers.length === 0
        ? undefined
        : () => {
            for (const heal of healers) heal();
          };
    }
  }
}

function whom({ actors }: Stage, { who }: Episode): Actor[] {
  const names = who === 'both' ? ['alice', 'bob'] : [who];
  return names.flatMap((name) => actors.get(name) ?? []);
}

/** An episode on one machine. */
function strike(
  { plan, abandonOne }: Stage,
  actor: Actor,
  { kind, strength }: Episode,
  lastsMs: number,
): (() => void) | undefined {
  const { host } = actor;
  const { weather } = host;
  const bounded = plan.mode === 'bounded';
  switch (kind) {
    case 'crash':
      actor.crash(lastsMs);
      return nothing;
    case 'disk-lost':
      if (actor.disk.view.lost === MOST_LOSSES) return undefined;
      actor.loseDisk(lastsMs, keptOf(strength, bounded && actor.mayHaveRevealed));
      return nothing;
    case 'crash-at-point':
      actor.crashAfter(1 + Math.floor(strength * 40));
      return () => {
        actor.crashAfter(0);
      };
    case 'pause':
      host.paused = true;
      return () => {
        host.resume();
      };
    case 'node-down':
      weather.down.add(strength < 0.5 ? 'fabric' : 'ethereum');
      return () => {
        weather.down.clear();
      };
    case 'lossy-network':
      weather.loss = 0.05 + strength * 0.3;
      weather.lossLimit = bounded ? 1 : 8;
      return () => {
        weather.loss = 0;
      };
    case 'slow-network':
      weather.brisk = 0.2;
      weather.delayMs = bounded ? 250 : 250 + Math.floor(strength * 3000);
      return () => {
        Object.assign(weather, { brisk: FAIR_WEATHER.brisk, delayMs: FAIR_WEATHER.delayMs });
      };
    case 'duplicates':
      weather.duplicates = 0.1 + strength * 0.4;
      return () => {
        weather.duplicates = 0;
      };
    case 'disk-full':
    case 'disk-torn':
      weather.disk = kind === 'disk-full' ? 'full' : 'torn';
      return () => {
        weather.disk = 'good';
      };
    case 'clock-skew':
    case 'clock-jump': {
      const bound = Number(plan.profile.party.skewSec) * 1000;
      const most = bounded ? bound : bound + (kind === 'clock-jump' ? 300_000 : 20_000);
      host.offsetMs = Math.round((strength * 2 - 1) * most);
      return () => {
        if (!bounded) host.offsetMs = 0;
      };
    }
    case 'finality-regress':
      if (strength > 0.3) return undefined;
      host.regresses = true;
      return nothing;
    case 'abandon':
      abandonOne(actor, strength);
      return nothing;
    case 'fail-over':
      actor.takeOver();
      return nothing;
    default:
      return undefined;
  }
}

/** Within bounds the seed outlives the store of an initiator that has let a secret go: without it the claim can't be sent again. */
function keptOf(strength: number, needsSeed: boolean): Kept {
  if (strength < 0.4) return 'files';
  return strength < 0.75 || needsSeed ? 'keys' : 'signing-keys';
}
