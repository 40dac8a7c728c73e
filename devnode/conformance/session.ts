import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import {
  connect,
  hash,
  signers,
  type Contract,
  type Gateway,
  type Network,
  type ProposalOptions,
} from '@hyperledger/fabric-gateway';
import { issueUser, type IssueUserOptions, type UserMaterial } from '../src/msp/index.ts';
import { describeFailure, toPlain, type Plain } from './normalise.ts';
import { readAuthority, type Target, type TargetOrganization } from './target.ts';

/** One operation of the probe chaincode and its arguments. */
export type Operation = readonly [name: string, ...args: unknown[]];

/** A client of one organisation's gateway, by the unmodified fabric-gateway package. */
export interface Party {
  readonly mspId: string;
  readonly gateway: Gateway;
  readonly network: Network;
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
  readonly contract: (chaincode?: string) => Contract;
}

/** What a case has to work with. */
export interface Session {
  readonly target: Target;
  readonly org1: Party;
  readonly org2: Party;
  readonly org3: Party;
  /** A key that no other case uses. */
  readonly key: (name?: string) => string;
  /** Another identity that speaks to an organisation's gateway; `mspId` may differ from the gateway's. */
  readonly as: (gatewayOf: string, mspId: string, pair: UserMaterial['sign']) => Party;
  /** Enrols a user at an organisation's own CA. */
  readonly issue: (mspId: string, options: IssueUserOptions) => UserMaterial;
  /** Evaluates operations as Org1's user. */
  readonly evaluate: (operations: readonly Operation[], chaincode?: string) => Promise<Plain>;
  /** Submits operations as Org1's user and waits for the commit. */
  readonly submit: (operations: readonly Operation[], options?: SubmitOptions) => Promise<Plain>;
  /** What `action` resolves to, or the failure that it rejects with. */
  readonly outcome: (action: () => Promise<unknown>) => Promise<Plain>;
}

export interface SubmitOptions extends Omit<ProposalOptions, 'arguments'> {
  readonly chaincode?: string;
  readonly party?: Party;
}

/** A session of a whole run: `forCase` gives one case its own keys. */
export interface Connections {
  forCase(id: string): Session;
  close(): void;
}

const DEADLINE_MS = 20_000;

export function openConnections(target: Target): Connections {
  const clients = new Map<string, Client>();
  const gateways: Gateway[] = [];
  const clientOf = (mspId: string): Client => {
    const known = clients.get(mspId);
    if (known !== undefined) return known;
    const organization = organizationOf(target, mspId);
    const client = new Client(
      organization.gateway,
      credentials.createSsl(readFileSync(organization.tlsCaCertPath)),
      { 'grpc.ssl_target_name_override': organization.tlsServerName },
    );
    clients.set(mspId, client);
    return client;
  };
  const join = (gatewayOf: string, mspId: string, pair: UserMaterial['sign']): Party => {
    const privateKey = createPrivateKey(pair.privateKeyPem);
    const deadline = () => ({ deadline: Date.now() + DEADLINE_MS });
    const gateway = connect({
      client: clientOf(gatewayOf),
      identity: { mspId, credentials: Buffer.from(pair.certificatePem) },
      signer: signers.newPrivateKeySigner(privateKey),
      ...(privateKey.asymmetricKeyType === 'ed25519' ? { hash: hash.none } : {}),
      evaluateOptions: deadline,
      endorseOptions: deadline,
      submitOptions: deadline,
      commitStatusOptions: deadline,
    });
    gateways.push(gateway);
    const network = gateway.getNetwork(target.channel);
    return {
      mspId,
      gateway,
      network,
      privateKey,
      certificatePem: pair.certificatePem,
      contract: (chaincode = 'probe') => network.getContract(chaincode),
    };
  };
  const user = (mspId: string): Party => {
    const files = organizationOf(target, mspId).users['User1'];
    if (files === undefined) throw new Error(`no User1 of ${mspId}`);
    return join(mspId, mspId, {
      certificatePem: readFileSync(files.certPath, 'utf8'),
      privateKeyPem: readFileSync(files.keyPath, 'utf8'),
    });
  };
  const [org1, org2, org3] = [user('Org1MSP'), user('Org2MSP'), user('Org3MSP')];
  return {
    forCase: (id) => ({
      target,
      org1,
      org2,
      org3,
      key: (name = 'k') => `${id}/${name}`,
      as: join,
      issue: (mspId, options) =>
        issueUser(readAuthority(mspId, organizationOf(target, mspId)), options),
      evaluate: async (operations, chaincode) =>
        readResults(
          await org1.contract(chaincode).evaluateTransaction('run', JSON.stringify(operations)),
        ),
      submit: async (operations, { chaincode, party = org1, ...options } = {}) =>
        readResults(
          await party
            .contract(chaincode)
            .submit('run', { ...options, arguments: [JSON.stringify(operations)] }),
        ),
      async outcome(action) {
        try {
          return toPlain(await action());
        } catch (error) {
          return describeFailure(error);
        }
      },
    }),
    close() {
      for (const gateway of gateways) gateway.close();
      for (const client of clients.values()) client.close();
    },
  };
}

/** What the probe's `run` returned. */
function readResults(payload: Uint8Array): Plain {
  return toPlain(JSON.parse(Buffer.from(payload).toString('utf8')));
}

function organizationOf(target: Target, mspId: string): TargetOrganization {
  const organization = target.organizations[mspId];
  if (organization === undefined) throw new Error(`the target lacks ${mspId}`);
  return organization;
}
