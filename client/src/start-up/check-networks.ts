import type { ClockOffset, EthereumLedger, FabricLedger } from '@midlock/ledgers';
import { isMidlockError, type MidlockError, type SwapProfile } from '@midlock/protocol';
import type { Logger } from '../shell/logger.ts';
import { probeLedgers } from '../shell/probe-ledgers.ts';
import { refusal } from './check-configuration.ts';

/** What a process will work on. */
export interface Networks {
  readonly fabric: Pick<FabricLedger, 'head' | 'clockOffsets' | 'stampGuards'>;
  readonly ethereum: Pick<EthereumLedger, 'head'>;
  readonly profile: SwapProfile;
  /** k: how many organisations must endorse; what fewer say or do decides nothing. */
  readonly endorsements: number;
}

const CLOCK_LIMIT_MS = 5_000n;
/** How far outside the profile's windows a stamp is tried. */
const OUTSIDE_MS = 60_000n;

/**
 * Asks both networks once before a process works. What will never come right, as a node of another chain, is thrown. The
 * rows of REFUSALS that are seen in the networks are thrown too, but only told to the logger while swaps are open. An
 * organisation that does not answer is left to the watchers: others endorse.
 * @throws {MidlockError} IDENTITY_INVALID, CLOCK_OFF, QUORUM_MISSING, STAMPS_UNGUARDED, and what can never be retried.
 */
export async function refuseNetworks(
  networks: Networks,
  swapsOpen: boolean,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const { fabric, ethereum } = networks;
  await probeLedgers([fabric, ethereum]);
  for (const found of await findRefusals(networks)) {
    if (!swapsOpen) throw found;
    logger.warn('would refuse to start, but swaps are open', {
      error: found.code,
      ...found.data,
      next: found.entry.next,
    });
  }
}

async function findRefusals(networks: Networks): Promise<readonly MidlockError[]> {
  const found = await Promise.all([
    identityRefused(networks),
    rpcQuorum(networks),
    stampGuard(networks),
  ]);
  // The clocks were asked for by the head of the channel and by the probe.
  return [clockOffset(networks), ...found].filter((error) => error !== undefined);
}

function clockOffset({ fabric, endorsements }: Networks): MidlockError | undefined {
  const offsets = fabric.clockOffsets();
  const certain =
    (side: 1n | -1n) =>
    ({ offsetMs, errorMs }: ClockOffset): boolean =>
      side * offsetMs - errorMs > CLOCK_LIMIT_MS;
  const sides = [offsets.filter(certain(1n)), offsets.filter(certain(-1n))];
  const off = sides.find((side) => side.length >= endorsements);
  if (off === undefined) return undefined;
  return refusal('clock-offset', {
    limitMs: CLOCK_LIMIT_MS,
    offsetsMs: off.map(({ mspId, offsetMs }) => `${mspId} ${String(offsetMs)}`),
  });
}

async function identityRefused({ fabric }: Networks): Promise<MidlockError | undefined> {
  try {
    await fabric.head();
    return undefined;
  } catch (error) {
    return isMidlockError(error, 'ENDORSEMENT_REFUSED')
      ? refusal('identity-refused', error.data)
      : undefined;
  }
}

async function rpcQuorum({ ethereum }: Networks): Promise<MidlockError | undefined> {
  try {
    await ethereum.head();
    return undefined;
  } catch (error) {
    return isMidlockError(error, 'ENDPOINT_UNREACHABLE')
      ? refusal('rpc-quorum', error.data)
      : undefined;
  }
}

async function stampGuard(networks: Networks): Promise<MidlockError | undefined> {
  const { fabric, profile, endorsements } = networks;
  const { maxPastSec, maxFutureSec } = profile.fabric;
  const guards = await fabric.stampGuards({
    pastMs: maxPastSec * 1000n + OUTSIDE_MS,
    futureMs: maxFutureSec * 1000n + OUTSIDE_MS,
  });
  const open = guards.filter(({ guarded }) => guarded === false).map(({ mspId }) => mspId);
  return open.length >= endorsements
    ? refusal('stamp-guard', { organizations: open, endorsements })
    : undefined;
}
