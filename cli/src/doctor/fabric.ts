import { fabricNodesOf } from '@midlock/client';
import { createFabricLedger } from '@midlock/ledgers';
import { inspectPeer } from '@midlock/network';
import { CATALOGUE, isMidlockError } from '@midlock/protocol';
import { fail, ok, warn, type Check, type Seen } from './check.ts';
import type { OpenSubject, Subject } from './subject.ts';

const CLOCK_LIMIT_MS = 5_000n;
const OUTSIDE_MS = 60_000n;

/** How Fabric is spoken to and who can stop a swap, by the configuration alone. */
export const CONFIGURED: readonly Check<Subject>[] = [
  {
    name: 'Fabric client',
    look: ({ config }) => {
      const { client, orderers = {} } = config.fabric;
      if (client === 'legacy' && Object.keys(orderers).length === 0)
        return fail(
          'legacy, without an orderer to hand transactions to',
          'name orderers under fabric.orderers, or use the gateway client where peers have that service',
        );
      return client === 'legacy'
        ? ok(`legacy (fabric-network), orderers ${Object.keys(orderers).join(', ')}`)
        : ok("gateway (the peers' Gateway service)");
    },
  },
  {
    name: 'no counterparty has a veto',
    look: ({ config }) => {
      const count = Object.keys(config.fabric.organizations).length;
      const { endorsements } = config.fabric;
      // Of n organisations k must endorse; without any one of them there must still be k.
      return count - 1 >= endorsements
        ? ok(`${String(endorsements)} of ${String(count)} organisations endorse`)
        : fail(
            `${String(endorsements)} of ${String(count)}: either side can freeze both; atomic only while both endorse`,
            'add a neutral organisation',
          );
    },
  },
];

/** The channel, asked for by every organisation's own peer. */
export const FABRIC: readonly Check<OpenSubject>[] = [
  {
    name: 'Fabric channel and chaincode',
    look: async ({ fabric }) => {
      const [head, config, networkId] = await Promise.all([
        fabric.head(),
        fabric.assets.config(),
        fabric.networkId(),
      ]);
      return ok(
        `height ${String(head.height)}, configuration ${config.version}, network ${networkId.slice(0, 12)}…`,
      );
    },
  },
  { name: 'each organisation: channel, chaincode', look: lookAtEach },
  {
    name: 'configuration on the ledger fits the profile',
    look: async ({ fabric, config }) => {
      const onLedger = await fabric.assets.config();
      const { maxPastSec, maxFutureSec, gapSec } = config.profile.fabric;
      const wider = (
        [
          ['maxPastSec', BigInt(onLedger.maxPastSec), maxPastSec],
          ['maxFutureSec', BigInt(onLedger.maxFutureSec), maxFutureSec],
          ['gapSec', BigInt(onLedger.gapSec), gapSec],
        ] as const
      ).filter(([, is, planned]) => is > planned);
      const unknown = Object.keys(config.fabric.organizations).filter(
        (mspId) => !onLedger.organizations.includes(mspId),
      );
      if (unknown.length > 0)
        return fail(
          `the ledger's configuration does not know ${unknown.join(', ')}`,
          'correct fabric.organizations, or let the organisations change the configuration',
        );
      return wider.length === 0
        ? ok(
            `windows ${onLedger.maxPastSec} s / ${onLedger.maxFutureSec} s, gap ${onLedger.gapSec} s`,
          )
        : fail(
            wider
              .map(
                ([key, is, planned]) => `${key} is ${String(is)}, planned with ${String(planned)}`,
              )
              .join('; '),
            'choose the profile that the network was deployed with; deadlines are computed from these figures',
          );
    },
  },
  {
    name: "endorsers' clocks",
    look: async ({ fabric, config }) => {
      await fabric.head();
      const offsets = fabric.clockOffsets();
      const seen = offsets
        .map(({ mspId, offsetMs }) => `${mspId} ${String(offsetMs)} ms`)
        .join(', ');
      const off = offsets.filter(
        ({ offsetMs, errorMs }) => abs(offsetMs) - errorMs > CLOCK_LIMIT_MS,
      );
      if (off.length === 0) return ok(seen);
      return off.length >= config.fabric.endorsements
        ? fail(`${seen}: this machine is off`, CATALOGUE.CLOCK_OFF.next)
        : fail(
            `${seen}: ${off.map(({ mspId }) => mspId).join(', ')} more than 5 s away`,
            'ask that organisation to let its peer follow a time server',
          );
    },
  },
  {
    name: 'stamps are looked at',
    look: async ({ fabric, config }) => {
      const { maxPastSec, maxFutureSec } = config.profile.fabric;
      const guards = await fabric.stampGuards({
        pastMs: maxPastSec * 1000n + OUTSIDE_MS,
        futureMs: maxFutureSec * 1000n + OUTSIDE_MS,
      });
      const named = (wish: boolean | undefined) =>
        guards.filter(({ guarded }) => guarded === wish).map(({ mspId }) => mspId);
      const [open, silent] = [named(false), named(undefined)];
      if (open.length > 0)
        return fail(
          `${open.join(', ')} endorse a stamp a minute outside the windows`,
          CATALOGUE.STAMPS_UNGUARDED.next,
        );
      return silent.length > 0
        ? warn(`not told by ${silent.join(', ')}`, 'see the check of that organisation')
        : ok(`all ${String(guards.length)} refuse a stamp a minute outside the windows`);
    },
  },
  { name: 'peers: stamps, definition, veto', look: lookAtDefinitions },
];

/** A ledger of one organisation at a time, so that no other one's answer covers for it. */
async function lookAtEach({ config, identity }: OpenSubject): Promise<Seen> {
  const { channel, chaincode, organizations } = config.fabric;
  const troubles = await Promise.all(
    Object.entries(organizations).map(async ([mspId, organization]) => {
      const ledger = await createFabricLedger({
        channel,
        chaincode,
        identity,
        endorsements: 1,
        ...fabricNodesOf({ ...config.fabric, organizations: { [mspId]: organization } }),
      });
      try {
        await ledger.networkId();
        await ledger.assets.config();
        return [];
      } catch (error) {
        return [{ mspId, ...troubleOf(error, channel, chaincode) }];
      } finally {
        ledger.close();
      }
    }),
  );
  const found = troubles.flat();
  const [first] = found;
  return first === undefined
    ? ok(`${Object.keys(organizations).join(', ')} serve ${channel} and ${chaincode}`)
    : fail(found.map(({ mspId, seen }) => `${mspId}: ${seen}`).join('; '), first.next);
}

/** What an organisation's peer has against a query, by its own words; Fabric has no codes for them. */
function troubleOf(
  error: unknown,
  channel: string,
  chaincode: string,
): { readonly seen: string; readonly next: string } {
  if (isMidlockError(error, 'NOT_INITIALIZED'))
    return { seen: `${chaincode} is not initialised`, next: error.entry.next };
  const words = isMidlockError(error) ? String(error.data['reason'] ?? error.code) : String(error);
  const told = words.slice(0, 160);
  if (
    /get config for channel|channel .*(not found|does not exist)|not part of channel/i.test(words)
  )
    return {
      seen: `does not serve channel ${channel}: ${told}`,
      next: 'join the peer to the channel, or correct fabric.channel',
    };
  if (/access denied|Failed evaluating policy|creator|expired/i.test(words))
    return {
      seen: `does not accept this identity: ${told}`,
      next: 'compare identity.fabric with the organisation that enrolled it; see Fabric organisation',
    };
  if (isMidlockError(error, 'GATEWAY_SERVICE_MISSING'))
    return { seen: 'has no Gateway service', next: error.entry.next };
  if (isMidlockError(error, 'ENDPOINT_UNREACHABLE') && !/chaincode/i.test(words))
    return {
      seen: `does not answer: ${told}`,
      next: "start the peer; see peers' TLS for the way to it",
    };
  return {
    seen: `does not run chaincode ${chaincode}: ${told}`,
    next: 'install and approve it and start its process (midlock deploy fabric), or correct fabric.chaincode',
  };
}

/** Asks each organisation's own peer: does it filter stamps, and by which definition may a swap be stopped. */
async function lookAtDefinitions({ config, sequence }: OpenSubject): Promise<Seen> {
  const { certPath, key, mspId: own } = config.identity.fabric;
  const { channel, chaincode, organizations, endorsements } = config.fabric;
  const seen = await Promise.all(
    Object.entries(organizations).map(async ([mspId, organization]) => {
      try {
        const identity = { mspId: own, certPath, keyPath: key.file };
        const peer = await inspectPeer(organization, identity, { channel, chaincode });
        return { mspId, peer, trouble: '' };
      } catch (error) {
        const trouble = error instanceof Error ? error.message.slice(0, 120) : String(error);
        return { mspId, peer: undefined, trouble };
      }
    }),
  );
  const silent = seen.filter(({ peer }) => peer === undefined);
  if (silent.length > 0)
    return fail(
      silent.map(({ mspId, trouble }) => `${mspId}: ${trouble}`).join('; '),
      'check that the peer runs, its address, TLS name and CA file, and that it joined the channel',
    );
  const mute = seen.filter(({ peer }) => peer?.filtersStamps === undefined);
  if (mute.length > 0)
    return warn(
      `not told by ${mute.map(({ mspId }) => mspId).join(', ')}: no Endorser service`,
      'nothing to do for devnode; a real peer has this service',
    );
  return judgeDefinitions(seen, { endorsements, ...(sequence === undefined ? {} : { sequence }) });
}

type Inspected = readonly {
  readonly mspId: string;
  readonly peer: Awaited<ReturnType<typeof inspectPeer>> | undefined;
}[];

/** What peers say of the chaincode's definition, held against what the configuration expects. */
export function judgeDefinitions(
  seen: Inspected,
  expected: { readonly endorsements: number; readonly sequence?: number },
): Seen {
  const definitions = new Map(
    seen.flatMap(({ peer }) =>
      peer?.definition === undefined
        ? []
        : [
            [
              `${peer.definition.version}, sequence ${String(peer.definition.sequence)}`,
              peer.definition,
            ],
          ],
    ),
  );
  const [definition] = definitions.values();
  const told = [...definitions.keys()].join(' / ') || 'definition not told';
  if (definitions.size > 1) return fail(told, 'wait until all peers hold the newest block');
  if (definition !== undefined) {
    const { indispensable, fewest } = definition;
    if (expected.sequence !== undefined && definition.sequence !== expected.sequence)
      return fail(
        `${told} instead of sequence ${String(expected.sequence)}`,
        'commit the definition that was agreed on, or correct --sequence',
      );
    if (indispensable.length > 0)
      return fail(
        `${indispensable.join(', ')} must endorse every transaction and can freeze every lock`,
        'commit a policy of f + 1 of 2f + 1 organisations',
      );
    if (fewest !== undefined && fewest !== expected.endorsements)
      return fail(
        `${told}: its policy is met by ${String(fewest)} organisations, fabric.endorsements says ${String(expected.endorsements)}`,
        'correct fabric.endorsements, or commit the policy that was agreed on',
      );
  }
  const open = seen.filter(({ peer }) => peer?.filtersStamps === false).map(({ mspId }) => mspId);
  return open.length > 0
    ? warn(
        `${told}; no filter of stamps: ${open.join(', ')}`,
        'on Fabric 3, add TimeWindowCheck to peer.handlers.authFilters; the chaincode checks by itself',
      )
    : ok(`${told}; all ${String(seen.length)} filter stamps`);
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
