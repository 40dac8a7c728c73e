import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentials, type ServiceError } from '@grpc/grpc-js';
import { gateway, msp, peer, common } from '@hyperledger/fabric-protos';
import { signMessage } from '@midlock/devnode/msp';
import { connectPeer, readSigner } from '../src/lifecycle/peer-client.ts';

/** Where a peer's gateway is and who speaks to it. */
export interface SeveralPeersTarget {
  /** Of each organisation, in their order. */
  readonly peers: Readonly<
    Record<string, readonly { readonly gateway: string; readonly tlsServerName: string }[]>
  >;
  readonly organizations: Readonly<
    Record<
      string,
      {
        readonly tlsCaCertPath: string;
        readonly users: Readonly<
          Record<string, { readonly certPath: string; readonly keyPath: string }>
        >;
      }
    >
  >;
  /** Takes a peer away (index 0 or 1) or brings it back. */
  setUp(mspId: string, index: number, up: boolean): Promise<void>;
}

export const SEVERAL_PEERS_CHANNEL = 'several';
const ORG1 = 'Org1MSP';
const ORG2 = 'Org2MSP';

/** Chaincodes by what their policy asks for. */
export const POLICIES = {
  any: "OR('Org1MSP.peer','Org2MSP.peer')",
  both: "AND('Org1MSP.peer','Org2MSP.peer')",
  two: "AND('Org1MSP.peer','Org1MSP.peer','Org2MSP.peer')",
} as const;
type Chaincode = keyof typeof POLICIES;

/** What a network of two organisations with two peers each answers; `peerN.orgM` for who endorsed. */
export async function askSeveralPeers(
  target: SeveralPeersTarget,
): Promise<Readonly<Record<string, unknown>>> {
  const client = createAsker(target);
  const answers: Record<string, unknown> = {};
  answers['each gateway endorses by its own peer'] = await inTurn(
    [
      [ORG1, 0],
      [ORG1, 1],
      [ORG2, 0],
      [ORG2, 1],
    ] as const,
    ([mspId, index]) => untilKnown(() => client.endorsers(mspId, index, 'any')),
  );
  answers['a policy of two peers of one organisation takes both'] = own(
    await untilKnown(() => client.endorsers(ORG1, 1, 'two')),
  );
  answers['organisations named give one peer each'] = (
    await client.endorsers(ORG1, 0, 'both', [ORG1, ORG2])
  ).length;
  answers['the status of a transaction is told by the other peer'] = await client.statusElsewhere();
  answers['a chaincode that refuses'] = await client.refusal();
  await target.setUp(ORG2, 0, false);
  answers['with one peer down, its organisation endorses by the other'] = await client.endorsers(
    ORG1,
    0,
    'both',
  );
  answers['the peer that is down has no gateway'] = await client
    .endorsers(ORG2, 0, 'any')
    .catch(codeOf);
  answers['the other peer has one'] = await client.endorsers(ORG2, 1, 'any');
  await target.setUp(ORG2, 0, true);
  await target.setUp(ORG1, 1, false);
  answers['two of one organisation cannot be had of one peer'] = await untilNoticed(() =>
    client.endorsers(ORG1, 0, 'two').catch(codeOf),
  );
  await target.setUp(ORG1, 1, true);
  return answers;
}

/** Whose own choice it is which peer of another organisation endorses: only the own one's are compared. */
function own(endorsers: readonly string[]): readonly string[] {
  return endorsers.filter((name) => name.endsWith('org1'));
}

const ABORTED = 'code 10';
const FAILED_PRECONDITION = 'code 9';
const NOTICE_MS = 60_000;

/**
 * A real gateway asks a peer that died as long as gossip counts it as alive (25 s here), and says ABORTED; from then on
 * it finds no layout. devnode knows at once. Only what is said in the end is compared.
 */
async function untilNoticed(ask: () => Promise<unknown>): Promise<unknown> {
  const until = Date.now() + NOTICE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== ABORTED || Date.now() > until) return answer;
    await sleep(500);
  }
}

/**
 * Gossip tells a real gateway in its own time who runs which chaincode; until then it finds no combination of peers. devnode
 * knows at once.
 */
async function untilKnown<T>(ask: () => Promise<T>): Promise<T> {
  const until = Date.now() + NOTICE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isUnknown = codeOf(error) === FAILED_PRECONDITION && Date.now() < until;
      if (!isUnknown) throw error;
      await sleep(200);
    }
  }
}

async function inTurn<T, R>(items: readonly T[], ask: (item: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (const item of items) answers.push(await ask(item));
  return answers;
}

function codeOf(error: unknown): string {
  return `code ${String((error as Partial<ServiceError>).code)}`;
}

function createAsker({ peers, organizations }: SeveralPeersTarget) {
  const at = (mspId: string, index: number) => {
    const organization = organizations[mspId];
    const user = organization?.users['User1'];
    const node = peers[mspId]?.[index];
    if (organization === undefined || user === undefined || node === undefined)
      throw new TypeError(`no peer ${index} of ${mspId}`);
    const { tlsCaCertPath } = organization;
    const address = { address: node.gateway, tlsServerName: node.tlsServerName, tlsCaCertPath };
    return { address, signer: readSigner(mspId, user.certPath, user.keyPath) };
  };
  const invocation = (chaincode: Chaincode, ...args: string[]) => ({
    channel: SEVERAL_PEERS_CHANNEL,
    chaincode,
    args,
  });

  return {
    /** Who endorsed, sorted. */
    async endorsers(
      mspId: string,
      index: number,
      chaincode: Chaincode,
      named: readonly string[] = [],
    ): Promise<readonly string[]> {
      const { address, signer } = at(mspId, index);
      const client = connectPeer(address, signer);
      try {
        const { envelope } = await client.endorse(invocation(chaincode, 'put', 'k', 'v'), named);
        return endorsersIn(envelope);
      } finally {
        client.close();
      }
    },
    /** The code of a chaincode's refusal. */
    async refusal(): Promise<unknown> {
      const { address, signer } = at(ORG1, 0);
      const client = connectPeer(address, signer);
      try {
        return await client.endorse(invocation('any', 'nope'), [ORG1]);
      } catch (error) {
        return codeOf(error);
      } finally {
        client.close();
      }
    },
    /** Submits through the first peer and asks the second. */
    async statusElsewhere(): Promise<number> {
      const [first, second] = [at(ORG1, 0), at(ORG1, 1)];
      const client = connectPeer(first.address, first.signer);
      const tls = credentials.createSsl(readFileSync(second.address.tlsCaCertPath));
      const other = new gateway.GatewayClient(second.address.address, tls, {
        'grpc.ssl_target_name_override': second.address.tlsServerName,
      });
      try {
        const { txId, envelope } = await client.endorse(invocation('any', 'put', 'k', 'v'));
        const submit = new gateway.SubmitRequest();
        submit.setTransactionId(txId);
        submit.setChannelId(SEVERAL_PEERS_CHANNEL);
        submit.setPreparedTransaction(envelope);
        const status = new gateway.CommitStatusRequest();
        status.setTransactionId(txId);
        status.setChannelId(SEVERAL_PEERS_CHANNEL);
        status.setIdentity(second.signer.creator);
        const signed = new gateway.SignedCommitStatusRequest();
        signed.setRequest(status.serializeBinary());
        signed.setSignature(signMessage(second.signer.privateKey, signed.getRequest_asU8()));
        await new Promise<void>((resolve, reject) => {
          other.submit(submit, (error) => {
            if (error === null) resolve();
            else reject(error);
          });
        });
        return await new Promise((resolve, reject) => {
          other.commitStatus(signed, (error, response) => {
            if (error === null) resolve(response?.getResult() ?? -1);
            else reject(error);
          });
        });
      } finally {
        client.close();
        other.close();
      }
    },
  };
}

function endorsersIn(envelope: common.Envelope): readonly string[] {
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  const endorsed = peer.ChaincodeActionPayload.deserializeBinary(
    action?.getPayload_asU8() ?? new Uint8Array(),
  ).getAction();
  return (endorsed?.getEndorsementsList() ?? [])
    .map((endorsement) => nameOf(endorsement.getEndorser_asU8()))
    .sort();
}

/** `peerN.orgM`, by the host name in the endorser's certificate. */
function nameOf(serialized: Uint8Array): string {
  const certificate = Buffer.from(
    msp.SerializedIdentity.deserializeBinary(serialized).getIdBytes_asU8(),
  ).toString();
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return /peer\d\.org\d/.exec(der.toString('latin1'))?.[0] ?? 'nobody';
}
