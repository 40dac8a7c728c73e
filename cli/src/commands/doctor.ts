import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { ESCROW_ARTIFACT } from '@midlock/evm';
import { inspectPeer } from '@midlock/network';
import { isMidlockError } from '@midlock/protocol';
import { table, type Output } from '../output.ts';
import { loadPartyConfig, openParty, type OpenParty } from '../party/open-party.ts';

interface Check {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'FAIL';
  readonly seen: string;
  readonly next?: string;
}

const CLOCK_LIMIT_SEC = 5n;
const WARN_DAYS = 30;

/** `midlock doctor`: looks at everything that a swap stands on; returns false when a check failed. */
export async function doctorCommand(
  configFile: string | undefined,
  output: Output,
): Promise<boolean> {
  const checks: Check[] = [checkNode()];
  let party: OpenParty | undefined;
  try {
    party = await openParty(loadPartyConfig(configFile));
    checks.push({ name: 'configuration and keys', status: 'ok', seen: party.config.name });
    checks.push(checkCertificate(party), checkKeyFiles(party), checkVeto(party));
    checks.push(
      ...(await Promise.all([
        checkFabric(party),
        checkClocks(party),
        checkEthereum(party),
        checkEscrow(party),
        checkFunds(party),
        checkPeers(party),
      ])),
    );
  } catch (error) {
    checks.push(failure('configuration and keys', error));
  } finally {
    party?.close();
  }
  const ok = checks.every(({ status }) => status !== 'FAIL');
  const rows = checks.map(({ name, status, seen, next }) => [
    status,
    name,
    seen,
    next === undefined ? '' : `-> ${next}`,
  ]);
  output.result({ ok, checks }, table([['', 'check', 'seen', ''], ...rows]));
  return ok;
}

function checkNode(): Check {
  const ok = Number(process.versions.node.split('.')[0]) >= 24;
  return {
    name: 'Node',
    status: ok ? 'ok' : 'FAIL',
    seen: process.versions.node,
    ...(ok ? {} : { next: 'run through npm, which brings Node 24' }),
  };
}

function checkCertificate({ config }: OpenParty): Check {
  const { validTo } = new X509Certificate(readFileSync(config.identity.fabric.certPath));
  const days = Math.floor((Date.parse(validTo) - Date.now()) / 86_400_000);
  if (days < 0)
    return {
      name: 'Fabric certificate',
      status: 'FAIL',
      seen: `expired ${validTo}`,
      next: 'enrol again with the same key; the account stays the same',
    };
  return {
    name: 'Fabric certificate',
    status: days < WARN_DAYS ? 'warn' : 'ok',
    seen: `${days} days left`,
    ...(days < WARN_DAYS ? { next: 'renew it with the same key' } : {}),
  };
}

function checkKeyFiles({ config }: OpenParty): Check {
  const exposed = [config.seed.file, config.identity.fabric.key.file].filter(
    (file) => (statSync(file).mode & 0o077) !== 0,
  );
  return exposed.length === 0
    ? { name: 'secret files', status: 'ok', seen: 'readable by the owner only' }
    : {
        name: 'secret files',
        status: 'FAIL',
        seen: exposed.join(', '),
        next: `chmod 600 ${exposed.join(' ')}`,
      };
}

/** Of n organisations k must endorse; without any one of them there must still be k. */
function checkVeto({ config }: OpenParty): Check {
  const count = Object.keys(config.fabric.organizations).length;
  const { endorsements } = config.fabric;
  if (count - 1 >= endorsements)
    return {
      name: 'no counterparty has a veto',
      status: 'ok',
      seen: `${endorsements} of ${count} organisations endorse`,
    };
  return {
    name: 'no counterparty has a veto',
    status: 'FAIL',
    seen: `${endorsements} of ${count}: either side can freeze both; atomic only while both endorse`,
    next: 'add a neutral organisation',
  };
}

/** Asks each organisation's own peer: does it answer, does it filter stamps, and by which definition may a swap be stopped. */
async function checkPeers({ config }: OpenParty): Promise<Check> {
  const name = 'peers: stamps, definition, veto';
  const { certPath, key, mspId: own } = config.identity.fabric;
  const { channel, chaincode, organizations } = config.fabric;
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
    return {
      name,
      status: 'FAIL',
      seen: silent.map(({ mspId, trouble }) => `${mspId}: ${trouble}`).join('; '),
      next: 'check that the peer runs, its address, TLS name and CA file, and that it joined the channel',
    };
  const mute = seen.filter(({ peer }) => peer?.filtersStamps === undefined);
  if (mute.length > 0)
    return {
      name,
      status: 'warn',
      seen: `not told by ${mute.map(({ mspId }) => mspId).join(', ')}: no Endorser service`,
      next: 'nothing to do for devnode; a real peer has this service',
    };
  const definitions = new Map(
    seen.flatMap(({ peer }) =>
      peer?.definition === undefined
        ? []
        : [[`${peer.definition.version}, sequence ${peer.definition.sequence}`, peer.definition]],
    ),
  );
  const vetoes = new Set([...definitions.values()].flatMap(({ indispensable }) => indispensable));
  const told = [...definitions.keys()].join(' / ') || 'definition not told';
  if (definitions.size > 1)
    return { name, status: 'FAIL', seen: told, next: 'wait until all peers hold the newest block' };
  if (vetoes.size > 0)
    return {
      name,
      status: 'FAIL',
      seen: `${[...vetoes].join(', ')} must endorse every transaction and can freeze every lock`,
      next: 'commit a policy of f + 1 of 2f + 1 organisations',
    };
  const open = seen.filter(({ peer }) => peer?.filtersStamps === false).map(({ mspId }) => mspId);
  if (open.length > 0)
    return {
      name,
      status: 'warn',
      seen: `${told}; no filter of stamps: ${open.join(', ')}`,
      next: 'on Fabric 3, add TimeWindowCheck to peer.handlers.authFilters; the chaincode checks by itself',
    };
  return { name, status: 'ok', seen: `${told}; all ${seen.length} filter stamps` };
}

async function checkFabric(party: OpenParty): Promise<Check> {
  return attempt('Fabric channel and chaincode', async () => {
    const [head, config] = await Promise.all([party.fabric.head(), party.fabric.assets.config()]);
    return `height ${String(head.height)}, configuration ${config.version}, network ${party.networkId.slice(0, 12)}…`;
  });
}

async function checkClocks(party: OpenParty): Promise<Check> {
  return attempt("endorsers' clocks", async () => {
    await party.fabric.head();
    const offsets = party.fabric.clockOffsets().map(({ mspId, offsetMs }) => ({ mspId, offsetMs }));
    const worst = offsets.reduce(
      (most, { offsetMs }) => (abs(offsetMs) > most ? abs(offsetMs) : most),
      0n,
    );
    const seen = offsets.map(({ mspId, offsetMs }) => `${mspId} ${String(offsetMs)} ms`).join(', ');
    if (worst > CLOCK_LIMIT_SEC * 1000n)
      throw new Error(`${seen}: more than ${String(CLOCK_LIMIT_SEC)} s apart`);
    return seen;
  });
}

async function checkEthereum(party: OpenParty): Promise<Check> {
  return attempt('Ethereum and its finality', async () => {
    const head = await party.ethereum.head();
    const lag = BigInt(Math.floor(Date.now() / 1000)) - head.timeSec;
    return `block ${String(head.height)} (${String(lag)} s old), finalized ${String(head.finalizedHeight)}`;
  });
}

async function checkEscrow({ config, escrow }: OpenParty): Promise<Check> {
  return attempt('escrow contract', async () => {
    const response = await fetch(config.ethereum.endpoints[0] ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'eth_getCode',
        params: [escrow, 'latest'],
      }),
    });
    const { result } = (await response.json()) as { result?: string };
    // Immutables are filled in at deployment, so that only the length can be equal.
    if (result?.length !== ESCROW_ARTIFACT.deployedBytecode.length)
      throw new Error(`no Midlock escrow at ${escrow}`);
    return escrow;
  });
}

async function checkFunds(party: OpenParty): Promise<Check> {
  const check = await attempt('ETH for fees', async () => {
    const balance = await party.ethereum.account.tokenBalance(
      '0x0000000000000000000000000000000000000000' as Parameters<
        typeof party.ethereum.account.tokenBalance
      >[0],
    );
    if (balance === 0n) throw new Error(`${party.accounts.ethereum} holds nothing`);
    return `${String(balance)} wei`;
  });
  return check.status === 'FAIL'
    ? { ...check, status: 'warn', next: 'fund the account before you lock or claim' }
    : check;
}

async function attempt(name: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { name, status: 'ok', seen: await look() };
  } catch (error) {
    return failure(name, error);
  }
}

function failure(name: string, error: unknown): Check {
  const seen = error instanceof Error ? error.message : String(error);
  return {
    name,
    status: 'FAIL',
    seen,
    ...(isMidlockError(error) ? { next: error.entry.next } : {}),
  };
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
