import { createFabricLedger, loadFabricIdentity, type FabricLedger } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';
import {
  MidlockError,
  isMidlockError,
  marginSec,
  type ChaincodeConfigInput,
  type Hex32,
  type SwapProfile,
} from '@midlock/protocol';

const DAY_SEC = 86_400n;

/** Connects to a described network as one of its users. Throws CONFIG_INVALID for an organisation or user that it does not have. */
export async function connectFabric(
  fabric: FabricDescription,
  mspId: string,
  user: string,
  options: { readonly networkId?: Hex32; readonly endorsements?: number } = {},
): Promise<FabricLedger> {
  const material = fabric.organizations[mspId]?.users[user];
  if (material === undefined)
    throw new MidlockError('CONFIG_INVALID', { key: 'fabric.users', missing: `${mspId}/${user}` });
  const identity = await loadFabricIdentity(mspId, material.certPath, material.keyPath);
  const organizations = Object.entries(fabric.organizations).map(([name, organization]) => ({
    mspId: name,
    ...organization,
  }));
  return createFabricLedger({
    endorsements: endorsementsOf(organizations.length),
    ...options,
    channel: fabric.channel,
    chaincode: fabric.chaincode,
    organizations,
    ...(fabric.client === undefined ? {} : { client: fabric.client }),
    orderers: Object.values(fabric.orderers ?? {}),
    identity,
  });
}

/** k = f + 1 of n >= 2f + 1 organisations. */
function endorsementsOf(organizations: number): number {
  return Math.floor((organizations - 1) / 2) + 1;
}

/**
 * Initialises the chaincode with the profile's windows and margins; leaves a chaincode that is initialised as it is.
 * `endorsements` is how many organisations its policy asks for; default f + 1 of 2f + 1.
 * @returns the network's id: the hash of the channel's genesis block
 */
export async function deployFabric(
  fabric: FabricDescription,
  profile: SwapProfile,
  options: {
    readonly endorsements?: number;
    /** Whose administrator does it, and that user's name; default the first organisation's `Admin`. */
    readonly mspId?: string;
    readonly admin?: string;
  } = {},
): Promise<Hex32> {
  const { mspId = Object.keys(fabric.organizations)[0] ?? '', admin: user = 'Admin' } = options;
  const { endorsements } = options;
  const connection = endorsements === undefined ? {} : { endorsements };
  const admin = await connectFabric(fabric, mspId, user, connection);
  try {
    const networkId = await admin.networkId();
    if (await isInitialized(admin)) return networkId;
    await admin.assets.initialize(configOf(fabric, profile, networkId));
    return networkId;
  } finally {
    admin.close();
  }
}

async function isInitialized(admin: FabricLedger): Promise<boolean> {
  try {
    await admin.assets.config();
    return true;
  } catch (error) {
    if (isMidlockError(error, 'NOT_INITIALIZED')) return false;
    throw error;
  }
}

function configOf(
  fabric: FabricDescription,
  profile: SwapProfile,
  networkId: Hex32,
): ChaincodeConfigInput {
  const { maxPastSec, maxFutureSec, gapSec, commitSec } = profile.fabric;
  return {
    networkId,
    channel: fabric.channel,
    chaincode: fabric.chaincode,
    organizations: Object.keys(fabric.organizations).sort(),
    maxPastSec: String(maxPastSec),
    maxFutureSec: String(maxFutureSec),
    gapSec: String(gapSec),
    skewSec: String(profile.party.skewSec),
    minDurationSec: String(commitSec),
    maxDurationSec: String(30n * DAY_SEC),
    fabricFirstMarginSec: String(marginSec('fabric-first', profile)),
    ethereumFirstMarginSec: String(marginSec('ethereum-first', profile)),
    rotateDelaySec: String(DAY_SEC),
  };
}
