import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError, StatusCode, type Transaction } from '@hyperledger/fabric-gateway';
import {
  FABRIC_EVENT,
  FABRIC_TX,
  hashLockOf,
  parseErrorText,
  parseTerms,
  swapIdOf,
  termsText,
  type ConservationJson,
  type FabricEventPayload,
  type FabricTimeJson,
  type MidAccountJson,
  type MidlockError,
  type NoteJson,
  type NotesJson,
  type Page,
} from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CHANNEL,
  FabricNetwork,
  MSP_IDS,
  type MspId,
  type Session,
} from './testing/fabric-network.ts';
import type { TransactionName } from './testing/world.ts';

const network = new FabricNetwork(join(__dirname, '..'));
let alice: Session;
let bob: Session;
let issuer: Session;

const NETWORK_ID = `0x${'ab'.repeat(32)}`;
const CONFIG = {
  networkId: NETWORK_ID,
  channel: CHANNEL,
  chaincode: 'midlock',
  organizations: MSP_IDS,
  maxPastSec: '10',
  maxFutureSec: '1',
  gapSec: '1',
  skewSec: '1',
  minDurationSec: '1',
  maxDurationSec: '3600',
  fabricFirstMarginSec: '3',
  ethereumFirstMarginSec: '5',
  rotateDelaySec: '600',
};

type Args = readonly string[];

/** Endorses; by organisations of one's choice where given. Throws the chaincode's MidlockError. */
async function endorse(
  by: Session,
  name: TransactionName,
  args: Args,
  orgs?: readonly MspId[],
): Promise<Transaction> {
  const proposal = by.contract.newProposal(name, {
    arguments: [...args],
    ...(orgs === undefined ? {} : { endorsingOrganizations: [...orgs] }),
  });
  try {
    return await proposal.endorse();
  } catch (error) {
    throw refusalIn(error);
  }
}

/** The chaincode's own words stand in the details of the gateway's error, one per endorser. */
function refusalIn(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const texts = [...error.details.map(({ message }) => message), error.message];
  return texts.map((text) => parseErrorText(text)).find((found) => found !== undefined) ?? error;
}

async function commit(transaction: Transaction): Promise<number> {
  return (await (await transaction.submit()).getStatus()).code;
}

async function submit<T>(
  by: Session,
  name: TransactionName,
  args: Args,
  orgs?: readonly MspId[],
): Promise<T> {
  const transaction = await endorse(by, name, args, orgs);
  expect(await commit(transaction)).toBe(StatusCode.VALID);
  return JSON.parse(Buffer.from(transaction.getResult()).toString()) as T;
}

async function evaluate<T>(
  name: TransactionName,
  args: Args = [],
  orgs?: readonly MspId[],
): Promise<T> {
  const options = {
    arguments: [...args],
    ...(orgs === undefined ? {} : { endorsingOrganizations: [...orgs] }),
  };
  return JSON.parse(Buffer.from(await bob.contract.evaluate(name, options)).toString()) as T;
}

function newSwap(expiresInSec: bigint) {
  const secret = randomBytes(32);
  const expiresAtSec = BigInt(Math.floor(Date.now() / 1000)) + expiresInSec;
  const terms = parseTerms({
    version: 1,
    direction: 'fabric-first',
    hashLock: hashLockOf(secret),
    nonce: `0x${randomBytes(32).toString('hex')}`,
    fabric: {
      networkId: NETWORK_ID,
      channel: CHANNEL,
      chaincode: 'midlock',
      assetKind: 'fungible',
      assetId: 'EUR',
      amount: '100',
      owner: alice.id,
      beneficiary: bob.id,
      expiresAtSec: String(expiresAtSec),
    },
    ethereum: {
      chainId: '31337',
      escrow: `0x${'e5'.repeat(20)}`,
      token: `0x${'00'.repeat(20)}`,
      amount: '1',
      owner: `0x${'b0'.repeat(20)}`,
      beneficiary: `0x${'a1'.repeat(20)}`,
      expiresAtSec: String(expiresAtSec - 3n),
    },
  });
  return {
    text: termsText(terms),
    swapId: swapIdOf(terms),
    secret: `0x${secret.toString('hex')}`,
    expiresAtSec,
  };
}

async function mint(amount = '100'): Promise<string> {
  const { notes } = await submit<NotesJson>(issuer, FABRIC_TX.mint, ['EUR', alice.id, amount]);
  return notes[0]?.id ?? '';
}

async function lockNew(expiresInSec: bigint) {
  const note = await mint();
  const made = newSwap(expiresInSec);
  await submit<MidAccountJson>(alice, FABRIC_TX.lock, [made.text, JSON.stringify([note])]);
  return made;
}

beforeAll(async () => {
  await network.start();
  alice = network.session('Org1MSP');
  bob = network.session('Org2MSP');
  issuer = network.session('Org3MSP');
  await submit(network.session('Org3MSP', 'Admin'), FABRIC_TX.initialize, [JSON.stringify(CONFIG)]);
  await submit(issuer, FABRIC_TX.createFungible, ['EUR']);
});
afterAll(() => network.stop());

describe('on devnode, by an unmodified gateway client and fabric-shim', () => {
  it("a swap is locked and claimed without the counterparty's endorser, and events tell it once", async () => {
    const events = await alice.gateway
      .getNetwork(CHANNEL)
      .getChaincodeEvents('midlock', { startBlock: 0n });
    const made = await lockNew(60n);
    const claimed = await submit<MidAccountJson>(
      bob,
      FABRIC_TX.claim,
      [made.swapId, made.secret],
      ['Org2MSP', 'Org3MSP'],
    );
    expect(claimed).toMatchObject({ state: 'claimed', secret: made.secret });
    const seen: string[] = [];
    for await (const event of events) {
      expect(event.eventName).toBe(FABRIC_EVENT);
      const payload = JSON.parse(Buffer.from(event.payload).toString()) as FabricEventPayload;
      seen.push(
        ...payload.events.map(({ type, ...rest }) => ('action' in rest ? rest.action : type)),
      );
      if (seen.at(-1) === 'claimed') break;
    }
    events.close();
    expect(seen).toEqual(['config-initialized', 'create', 'mint', 'locked', 'claimed']);
    const { items } = await evaluate<Page<NoteJson>>(FABRIC_TX.notesOf, [bob.id, 'EUR', '10', '']);
    expect(items.map(({ amount }) => amount)).toEqual(['100']);
  });

  it('64 locks of one owner in one block are all VALID', async () => {
    const whole = await mint('6400');
    const amounts = JSON.stringify(Array<string>(64).fill('100'));
    const { notes } = await submit<NotesJson>(alice, FABRIC_TX.split, [
      'EUR',
      alice.id,
      whole,
      amounts,
    ]);
    const locks = await Promise.all(
      notes.map(({ id }) =>
        endorse(alice, FABRIC_TX.lock, [newSwap(600n).text, JSON.stringify([id])]),
      ),
    );
    network.devnode.pauseOrdering();
    const submitted = await Promise.all(locks.map((transaction) => transaction.submit()));
    network.devnode.resumeOrdering();
    const statuses = await Promise.all(submitted.map((commitOf) => commitOf.getStatus()));
    expect(new Set(statuses.map(({ code }) => code))).toEqual(new Set([StatusCode.VALID]));
    expect(new Set(statuses.map(({ blockNumber }) => blockNumber)).size).toBe(1);
    expect(await evaluate<ConservationJson>(FABRIC_TX.conservation, ['EUR'])).toMatchObject({
      midAccounts: '64',
      locked: '6400',
      holds: true,
    });
  });

  it('two payments with one note: the second is MVCC_READ_CONFLICT', async () => {
    const note = JSON.stringify([await mint()]);
    const pay = () => endorse(alice, FABRIC_TX.transfer, ['EUR', alice.id, note, bob.id, '100']);
    const [first, second] = await Promise.all([pay(), pay()]);
    expect(await commit(first)).toBe(StatusCode.VALID);
    expect(await commit(second)).toBe(StatusCode.MVCC_READ_CONFLICT);
  });

  it('a list that was endorsed before a note came is PHANTOM_READ_CONFLICT when it is submitted', async () => {
    const list = await endorse(alice, FABRIC_TX.notesOf, [alice.id, 'EUR', '100', '']);
    await mint();
    expect(await commit(list)).toBe(StatusCode.PHANTOM_READ_CONFLICT);
  });

  it('a claim that was withheld until after the refund changes nothing', async () => {
    const made = await lockNew(6n);
    const withheld = await endorse(
      bob,
      FABRIC_TX.claim,
      [made.swapId, made.secret],
      ['Org2MSP', 'Org3MSP'],
    );
    await sleep(Number(made.expiresAtSec + 1n) * 1000 - Date.now() + 50);
    await expect(endorse(bob, FABRIC_TX.claim, [made.swapId, made.secret])).rejects.toMatchObject({
      code: 'CLAIM_TOO_LATE',
    });
    await submit(issuer, FABRIC_TX.refund, [made.swapId]);
    expect(await commit(withheld)).toBe(StatusCode.MVCC_READ_CONFLICT);
    expect(await evaluate(FABRIC_TX.getMidAccount, [made.swapId])).toMatchObject({
      state: 'refunded',
    });
  });

  it('a clock that lies on one endorser refuses there, tells its clock, and changes nothing elsewhere', async () => {
    network.skewClock('Org2MSP', 300_000);
    try {
      const refusal = (await endorse(
        alice,
        FABRIC_TX.createFungible,
        ['LIE'],
        ['Org1MSP', 'Org2MSP'],
      ).catch((error: unknown) => error)) as MidlockError;
      expect(refusal).toMatchObject({
        code: 'STAMP_OUTSIDE_WINDOW',
        data: { mspId: 'Org2MSP', maxPastSec: '10', maxFutureSec: '1' },
      });
      const apartMs = Number(refusal.data['clockMs']) - Number(refusal.data['stampMs']);
      expect(Math.round(apartMs / 100_000)).toBe(3);
      await submit(alice, FABRIC_TX.createFungible, ['LIE'], ['Org1MSP', 'Org3MSP']);
      const clocks = await Promise.all(
        MSP_IDS.map((mspId) => evaluate<FabricTimeJson>(FABRIC_TX.time, [], [mspId])),
      );
      expect(clocks.map(({ mspId }) => mspId)).toEqual(MSP_IDS);
      expect(Math.round((Number(clocks[1]?.clockMs) - Number(clocks[0]?.clockMs)) / 100_000)).toBe(
        3,
      );
    } finally {
      network.skewClock('Org2MSP', 0);
    }
  });

  it('what endorsers answer differently is never endorsed: the time query cannot be submitted', async () => {
    network.skewClock('Org2MSP', 500);
    try {
      const refusal: unknown = await endorse(
        alice,
        FABRIC_TX.time,
        [],
        ['Org1MSP', 'Org2MSP'],
      ).catch((error: unknown) => error);
      const details = refusal instanceof GatewayError ? refusal.details : [];
      expect(details.map(({ message }) => message).join()).toContain(
        'ProposalResponsePayloads do not match',
      );
    } finally {
      network.skewClock('Org2MSP', 0);
    }
  });

  it('a chaincode process stops cleanly, and one that is killed serves again when it is started', async () => {
    expect(await network.endChaincode('Org3MSP', 'SIGTERM')).toBe(0);
    await submit(alice, FABRIC_TX.createFungible, ['TWO'], ['Org1MSP', 'Org2MSP']);
    await network.startChaincode('Org3MSP');
    expect(await network.endChaincode('Org1MSP', 'SIGKILL')).toBe('SIGKILL');
    await network.startChaincode('Org1MSP');
    await submit(alice, FABRIC_TX.createFungible, ['THREE'], ['Org1MSP', 'Org3MSP']);
  });

  it("refuses a number of arguments that is not the function's", async () => {
    await expect(endorse(alice, FABRIC_TX.createFungible, [])).rejects.toThrow();
  });
});
