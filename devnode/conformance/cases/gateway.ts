import { status } from '@grpc/grpc-js';
import type { CommitStatusError, Proposal, Transaction } from '@hyperledger/fabric-gateway';
import { randomBytes } from 'node:crypto';
import { common, gateway } from '@hyperledger/fabric-protos';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { issueUser, createOrganization } from '../../src/msp/index.ts';
import {
  changeAction,
  forgeProposal,
  forgeTransaction,
  serializeIdentity,
  type ProposalChanges,
} from '../forge.ts';
import type { Plain } from '../normalise.ts';
import type { Operation, Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { simple } from './simple.ts';

const DAY_MS = 86_400_000;
const HIGH_S_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function propose({ org1, key }: Session, operations?: readonly Operation[]): Proposal {
  const script = JSON.stringify(operations ?? [['put', key(), '1']]);
  return org1.contract().newProposal('run', { arguments: [script] });
}

/** A changed proposal, evaluated and endorsed. */
function forged(
  id: string,
  title: string,
  changes: ProposalChanges | ((session: Session) => ProposalChanges),
): ConformanceCase {
  return simple(id, title, async (session) => {
    const resolve = (): ProposalChanges =>
      typeof changes === 'function' ? changes(session) : changes;
    const make = (): Proposal => forgeProposal(session.org1, propose(session), resolve());
    return {
      evaluate: await session.outcome(async () => Buffer.from(await make().evaluate()).toString()),
      endorse: await session.outcome(async () => {
        await make().endorse();
        return 'endorsed';
      }),
    };
  });
}

/** An identity that is not an ordinary user, evaluating and submitting. */
function identity(
  id: string,
  title: string,
  make: (session: Session) => { mspId: string; certificatePem: string; privateKeyPem: string },
): ConformanceCase {
  return simple(id, title, async (session) => {
    const pair = make(session);
    const party = session.as('Org1MSP', pair.mspId, pair);
    return {
      evaluate: await session.outcome(async () =>
        Buffer.from(await party.contract().evaluateTransaction('echo', 'x')).toString(),
      ),
      submit: await session.outcome(() => session.submit([['put', session.key(), '1']], { party })),
    };
  });
}

/** Flips the S of an ECDSA signature to the other half of the order. */
function highS(signature: Uint8Array): Uint8Array {
  const rLength = signature[3] ?? 0;
  const r = signature.subarray(2, 4 + rLength);
  const s = BigInt(`0x${Buffer.from(signature.subarray(6 + rLength)).toString('hex')}`);
  const flipped = Buffer.from((HIGH_S_ORDER - s).toString(16).padStart(64, '0'), 'hex');
  const encoded = Buffer.concat([Buffer.from([2, 33, 0]), flipped]);
  return Buffer.concat([Buffer.from([0x30, r.length + encoded.length]), r, encoded]);
}

function flip(bytes: Uint8Array, index = bytes.length - 1): Uint8Array {
  const changed = Buffer.from(bytes);
  changed[index] = (changed[index] ?? 0) ^ 1;
  return changed;
}

/** Submits and tells the validation code; a transaction that never gets one is given up soon. */
function statusOf(session: Session, transaction: Transaction): Promise<Plain> {
  return session.outcome(async () => {
    const submitted = await transaction.submit();
    const pending = submitted.getStatus({ deadline: Date.now() + 1500 });
    // The time-out is told by the client or by the peer, whoever notices first.
    return (await pending.catch(noStatus))?.code ?? 'no status';
  });
}

function noStatus(error: unknown): undefined {
  const { code } = error as Partial<CommitStatusError>;
  if (code !== status.CANCELLED && code !== status.DEADLINE_EXCEEDED) throw error;
}

/** A changed envelope, submitted; the result is the failure or the validation code. */
function envelope(
  id: string,
  title: string,
  change: (payload: common.Payload) => void,
  signature?: (signature: Uint8Array) => Uint8Array,
): ConformanceCase {
  return simple(id, title, async (session) => {
    const transaction = await propose(session).endorse();
    const changed = forgeTransaction(session.org1, transaction, change, signature);
    return statusOf(session, changed);
  });
}

const serverCases: readonly ConformanceCase[] = [
  simple('gateway-chaincode-unknown', 'an unknown chaincode', async ({ org1, outcome }) => ({
    evaluate: await outcome(() => org1.contract('nope').evaluateTransaction('echo', 'x')),
    submit: await outcome(() => org1.contract('nope').submitTransaction('echo', 'x')),
  })),
  simple('gateway-channel-unknown', 'an unknown channel', async ({ org1, outcome }) => {
    const contract = org1.gateway.getNetwork('nochannel').getContract('probe');
    return {
      evaluate: await outcome(() => contract.evaluateTransaction('echo', 'x')),
      submit: await outcome(() => contract.submitTransaction('echo', 'x')),
    };
  }),
  simple('gateway-channel-empty', 'no channel', async ({ org1, outcome }) => {
    const contract = org1.gateway.getNetwork('').getContract('probe');
    return {
      evaluate: await outcome(() => contract.evaluateTransaction('echo', 'x')),
      submit: await outcome(() => contract.submitTransaction('echo', 'x')),
    };
  }),
  simple('gateway-chaincode-empty', 'no chaincode', async ({ org1, outcome }) => ({
    evaluate: await outcome(() => org1.contract('').evaluateTransaction('echo', 'x')),
    submit: await outcome(() => org1.contract('').submitTransaction('echo', 'x')),
  })),
  simple('gateway-crash', 'the chaincode’s process ends in the middle of a call', (session) =>
    session.outcome(() =>
      session.submit([['exit']], { chaincode: 'second', endorsingOrganizations: ['Org3MSP'] }),
    ),
  ),
  simple('gateway-crash-again', 'the chaincode works again', async (session) => {
    const submit = () =>
      session.submit([['put', session.key(), '1']], {
        chaincode: 'second',
        endorsingOrganizations: ['Org3MSP'],
      });
    // Whoever supervises the process takes a while to start it again.
    for (const giveUpMs = Date.now() + 20_000; Date.now() < giveUpMs;) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const answer = await submit().catch(() => undefined);
      if (answer !== undefined) return answer;
    }
    return session.outcome(submit);
  }),
];

const proposalCases: readonly ConformanceCase[] = [
  forged('proposal-signature', 'a changed signature', { signature: (bytes) => flip(bytes) }),
  forged('proposal-high-s', 'a signature with high S', { signature: highS }),
  forged('proposal-signature-trailing', 'an octet behind the signature', {
    signature: (bytes) => Buffer.concat([bytes, Buffer.from([0])]),
  }),
  forged('proposal-signature-empty', 'no signature octets', {
    signature: () => Buffer.from([0x30, 0]),
  }),
  forged('proposal-payload', 'a payload changed after signing', {
    tamper: (proposal) => {
      proposal.setPayload(flip(proposal.getPayload_asU8()));
    },
  }),
  forged('proposal-txid', 'a transaction id that does not fit', { txId: 'ab'.repeat(32) }),
  forged('proposal-txid-empty', 'no transaction id', { txId: '' }),
  forged('proposal-nonce', 'a nonce that does not fit', () => ({ nonce: randomBytes(24) })),
  forged('proposal-nonce-empty', 'no nonce', { nonce: new Uint8Array() }),
  forged('proposal-type', 'another header type', { headerType: common.HeaderType.CONFIG_UPDATE }),
  forged('proposal-epoch', 'an epoch', { epoch: 7 }),
  forged('proposal-channel-header', 'another channel in the header', { channel: 'other' }),
  forged('proposal-creator-foreign', 'another user’s certificate as creator', ({ org2 }) => ({
    creator: serializeIdentity('Org2MSP', org2.certificatePem),
  })),
  forged(
    'proposal-creator-wrong-msp',
    'own certificate under another organisation’s name',
    ({ org1 }) => ({
      creator: serializeIdentity('Org2MSP', org1.certificatePem),
    }),
  ),
  forged('proposal-creator-unknown-msp', 'an organisation that is not there', ({ org1 }) => ({
    creator: serializeIdentity('Org9MSP', org1.certificatePem),
  })),
  forged('proposal-creator-garbage', 'a creator that is no identity', {
    creator: Buffer.from('garbage'),
  }),
  forged('proposal-creator-no-pem', 'a creator without certificate', {
    creator: serializeIdentity('Org1MSP', 'not a certificate'),
  }),
  forged('proposal-creator-text', 'text behind the certificate', ({ org1 }) => ({
    creator: serializeIdentity('Org1MSP', `${org1.certificatePem}trailing`),
  })),
  forged('time-past-ok', 'ten minutes ago', { shiftMs: -600_000 }),
  forged('time-future-ok', 'in ten minutes', { shiftMs: 600_000 }),
  forged('time-past', '1000 seconds ago', { shiftMs: -1_000_000 }),
  forged('time-future', 'in 1000 seconds', { shiftMs: 1_000_000 }),
  forged('time-year', 'in a year', { shiftMs: 365 * DAY_MS }),
];

const identityCases: readonly ConformanceCase[] = [
  identity('identity-admin', 'an administrator', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Second', role: 'admin', notBeforeMs: Date.now() }).sign,
  })),
  identity('identity-new', 'a user enrolled later', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Later', notBeforeMs: Date.now() }).sign,
  })),
  identity('identity-expired', 'an expired certificate', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', {
      name: 'Old',
      notBeforeMs: Date.now() - 5000,
      notAfterMs: Date.now() - 3000,
    }).sign,
  })),
  identity('identity-future', 'a certificate that is not valid yet', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Early', notBeforeMs: Date.now() + DAY_MS }).sign,
  })),
  identity('identity-before-ca', 'a certificate that begins before its CA', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Ancient', notBeforeMs: Date.now() - 30 * DAY_MS }).sign,
  })),
  identity('identity-p384', 'a key on P-384', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Big', keyType: 'P-384', notBeforeMs: Date.now() }).sign,
  })),
  identity('identity-ed25519', 'a key on Ed25519', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Edward', keyType: 'Ed25519', notBeforeMs: Date.now() }).sign,
  })),
  identity('identity-foreign-gateway', 'another organisation’s user', ({ issue }) => ({
    mspId: 'Org2MSP',
    ...issue('Org2MSP', { name: 'Guest', notBeforeMs: Date.now() }).sign,
  })),
  identity('identity-foreign-ca', 'a certificate of a CA of the same name', () => {
    const twin = createOrganization({
      mspId: 'Org1MSP',
      domain: 'org1.example.com',
      peers: [],
      users: [],
    });
    return { mspId: 'Org1MSP', ...issueUser(twin, { name: 'Eve', notBeforeMs: Date.now() }).sign };
  }),
  identity(
    'identity-wrong-msp',
    'a certificate under another organisation’s name',
    ({ issue }) => ({
      mspId: 'Org2MSP',
      ...issue('Org1MSP', { name: 'Wrong', notBeforeMs: Date.now() }).sign,
    }),
  ),
  identity('identity-tls', 'a TLS certificate as identity', ({ issue }) => ({
    mspId: 'Org1MSP',
    ...issue('Org1MSP', { name: 'Tls', notBeforeMs: Date.now() }).tls,
  })),
];

const envelopeCases: readonly ConformanceCase[] = [
  envelope('envelope-unchanged', 'an envelope that was only signed anew', () => undefined),
  envelope(
    'envelope-signature',
    'a changed signature',
    () => undefined,
    (bytes) => flip(bytes),
  ),
  envelope('envelope-high-s', 'a signature with high S', () => undefined, highS),
  envelope(
    'envelope-endorsement',
    'a changed endorsement',
    changeAction((action) => {
      const [first] = action.getAction()?.getEndorsementsList() ?? [];
      first?.setSignature(flip(first.getSignature_asU8()));
    }),
  ),
  envelope(
    'envelope-endorsement-dropped',
    'one endorsement left',
    changeAction((action) => {
      const endorsed = action.getAction();
      endorsed?.setEndorsementsList(endorsed.getEndorsementsList().slice(0, 1));
    }),
  ),
  envelope(
    'envelope-endorsement-twice',
    'one endorsement twice',
    changeAction((action) => {
      const endorsed = action.getAction();
      const [first] = endorsed?.getEndorsementsList() ?? [];
      if (first !== undefined) endorsed?.setEndorsementsList([first, first]);
    }),
  ),
  envelope(
    'envelope-endorsements-none',
    'no endorsements',
    changeAction((action) => {
      action.getAction()?.setEndorsementsList([]);
    }),
  ),
  envelope(
    'envelope-response',
    'a changed result',
    changeAction((action) => {
      const endorsed = action.getAction();
      const bytes = Buffer.from(endorsed?.getProposalResponsePayload_asU8() ?? []);
      const at = bytes.lastIndexOf('probe');
      endorsed?.setProposalResponsePayload(Buffer.from(flip(bytes, at)));
    }),
  ),
  envelope(
    'envelope-proposal',
    'changed arguments',
    changeAction((action) => {
      action.setChaincodeProposalPayload(flip(action.getChaincodeProposalPayload_asU8()));
    }),
  ),
  envelope('envelope-header-txid', 'another transaction id in the header', (payload) => {
    const header = payload.getHeader() ?? new common.Header();
    const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
    channelHeader.setTxId('ab'.repeat(32));
    header.setChannelHeader(channelHeader.serializeBinary());
    payload.setHeader(header);
  }),
  envelope('envelope-header-time', 'another time in the header', (payload) => {
    const header = payload.getHeader() ?? new common.Header();
    const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
    channelHeader.setTimestamp(timestampPb.Timestamp.fromDate(new Date(1000)));
    header.setChannelHeader(channelHeader.serializeBinary());
    payload.setHeader(header);
  }),
  simple('envelope-other-signer', 'an envelope signed by somebody else', async (session) => {
    const transaction = await propose(session).endorse();
    const changed = forgeTransaction(session.org2, transaction, () => undefined);
    return statusOf(session, changed);
  }),
  simple(
    'envelope-invalid-changes-nothing',
    'an invalid transaction changes nothing',
    async (session) => {
      const transaction = await propose(session).endorse();
      const drop = changeAction((action) => {
        const endorsed = action.getAction();
        endorsed?.setEndorsementsList(endorsed.getEndorsementsList().slice(0, 1));
      });
      const changed = forgeTransaction(session.org1, transaction, drop);
      const { code } = await (await changed.submit()).getStatus();
      return {
        code,
        read: await session.evaluate([
          ['get', session.key()],
          ['history', session.key()],
        ]),
      };
    },
  ),
];

const statusCases: readonly ConformanceCase[] = [
  simple(
    'status-known',
    'the status of a transaction of the ledger, asked by somebody else',
    async (session) => {
      const { org1, org2, key } = session;
      const submitted = await org1
        .contract()
        .submitAsync('run', { arguments: [JSON.stringify([['put', key(), '1']])] });
      const first = await submitted.getStatus();
      const request = new gateway.CommitStatusRequest();
      request.setChannelId(session.target.channel);
      request.setTransactionId(submitted.getTransactionId());
      request.setIdentity(serializeIdentity('Org2MSP', org2.certificatePem));
      const signed = new gateway.SignedCommitStatusRequest();
      signed.setRequest(request.serializeBinary());
      const again = await org2.gateway.newCommit(signed.serializeBinary()).getStatus();
      return { code: again.code, sameBlock: again.blockNumber === first.blockNumber };
    },
  ),
  simple('status-unknown', 'the status of a transaction that never comes', async (session) => {
    const { org1, outcome } = session;
    const request = new gateway.CommitStatusRequest();
    request.setChannelId(session.target.channel);
    request.setTransactionId('cd'.repeat(32));
    request.setIdentity(serializeIdentity('Org1MSP', org1.certificatePem));
    const signed = new gateway.SignedCommitStatusRequest();
    signed.setRequest(request.serializeBinary());
    const commit = org1.gateway.newCommit(signed.serializeBinary());
    const pending = commit.getStatus({ deadline: Date.now() + 700 });
    return outcome(async () => (await pending.catch(noStatus))?.code ?? 'no status');
  }),
  ...(['foreign', 'expired', 'channel', 'signature'] as const).map((what) =>
    simple(`status-${what}`, `a status request that is wrong: ${what}`, async (session) => {
      const { org1, outcome, issue, as } = session;
      const expired = issue('Org1MSP', {
        name: 'Old',
        notBeforeMs: Date.now() - 5000,
        notAfterMs: Date.now() - 3000,
      });
      const party = what === 'expired' ? as('Org1MSP', 'Org1MSP', expired.sign) : org1;
      const submitted = await org1
        .contract()
        .submitAsync('run', { arguments: [JSON.stringify([['put', session.key(), '1']])] });
      await submitted.getStatus();
      const request = new gateway.CommitStatusRequest();
      request.setChannelId(what === 'channel' ? 'nochannel' : session.target.channel);
      request.setTransactionId(submitted.getTransactionId());
      const mspId = what === 'foreign' ? 'Org9MSP' : 'Org1MSP';
      request.setIdentity(serializeIdentity(mspId, party.certificatePem));
      const signed = new gateway.SignedCommitStatusRequest();
      signed.setRequest(request.serializeBinary());
      const commit =
        what === 'signature'
          ? org1.gateway.newSignedCommit(signed.serializeBinary(), Buffer.from('no signature'))
          : party.gateway.newCommit(signed.serializeBinary());
      return outcome(async () => (await commit.getStatus()).code);
    }),
  ),
];

/** What the gateway answers to faults: of names, proposals, identities, envelopes and status requests. */
export const gatewayCases: readonly ConformanceCase[] = [
  ...serverCases,
  ...proposalCases,
  ...identityCases,
  ...envelopeCases,
  ...statusCases,
];
