import './silence.ts';
import { X509Certificate, createHash } from 'node:crypto';
import { createOrganization, issueUser, type UserMaterial } from '@midlock/devnode/msp';
import {
  fabricAccount,
  formatAccount,
  parseErrorText,
  type ChaincodeConfigInput,
  type FabricAccount,
  type FabricEventPayload,
  type FABRIC_TX,
} from '@midlock/protocol';
import { midlockContracts, type ContractClass } from '../contracts.ts';
import { chaincodeOf, type ChaincodeFromContract } from '../serve.ts';
import { endorse, type Endorsement, type Proposal } from './endorse.ts';
import { MemoryLedger, type OrderedTransaction, type ValidationCode } from './memory-ledger.ts';
import type { AssetLedger } from '../asset-ledger.ts';

export type TransactionName = (typeof FABRIC_TX)[keyof typeof FABRIC_TX];

/** A test user with what the chaincode sees of it. */
export interface Person {
  readonly mspId: string;
  readonly certificatePem: string;
  readonly account: FabricAccount;
  /** {@link account} as text. */
  readonly id: string;
}

export interface Sent extends OrderedTransaction {
  readonly endorsement: Endorsement;
}

export type HistoryEntry =
  | { readonly kind: 'endorse'; readonly nowMs: string; readonly proposal: Proposal }
  | { readonly kind: 'commit'; readonly txIds: readonly string[] };

export interface SendOptions {
  /** Stamp relative to the world's clock, ms. */
  readonly skewMs?: bigint;
  readonly txId?: string;
}

export const NETWORK_ID = `0x${'ab'.repeat(32)}`;
export const CHANNEL = 'trade';
export const NOW_MS = 1_800_000_000_000n;
const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

/** The development profile's figures. */
export const CONFIG: ChaincodeConfigInput = {
  networkId: NETWORK_ID as ChaincodeConfigInput['networkId'],
  channel: CHANNEL,
  chaincode: 'midlock',
  organizations: ORGANIZATIONS,
  maxPastSec: '3',
  maxFutureSec: '1',
  gapSec: '6',
  skewSec: '1',
  minDurationSec: '1',
  maxDurationSec: '3600',
  fabricFirstMarginSec: '10',
  ethereumFirstMarginSec: '20',
  rotateDelaySec: '600',
};

const organizations = [...ORGANIZATIONS, 'Org4MSP'].map((mspId) =>
  createOrganization({
    mspId,
    domain: `${mspId.slice(0, 4).toLowerCase()}.example.com`,
    peers: [],
    users: ['alice', 'bob', 'carol'],
    nowMs: Number(NOW_MS),
  }),
);

function person(mspId: string, { sign }: UserMaterial): Person {
  const certificate = new X509Certificate(sign.certificatePem);
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  const account = fabricAccount(mspId, key);
  return { mspId, certificatePem: sign.certificatePem, account, id: formatAccount(account) };
}

function user(organization: number, name: string): Person {
  const found = organizations[organization];
  const material = found?.users.find((candidate) => candidate.name === name);
  if (found === undefined || material === undefined) throw new Error(`no user ${name}`);
  return person(found.mspId, material);
}

/** Alice owns on Fabric, Bob is her counterparty, Carol a third member; admins of all three organisations. */
export const people = {
  alice: user(0, 'alice'),
  alice2: user(0, 'carol'),
  bob: user(1, 'bob'),
  bob2: user(1, 'carol'),
  carol: user(2, 'carol'),
  admin1: user(0, 'Admin'),
  admin2: user(1, 'Admin'),
  admin3: user(2, 'Admin'),
  /** Of an organisation that the configuration does not know. */
  stranger: user(3, 'alice'),
  adminOfStrangers: user(3, 'Admin'),
} as const;

/** `count` more users of Org1MSP. */
export function crowd(count: number): readonly Person[] {
  const [organization] = organizations;
  if (organization === undefined) return [];
  return Array.from({ length: count }, (_, index) =>
    person(
      organization.mspId,
      issueUser(organization, { name: `user${index}`, notBeforeMs: Number(NOW_MS) }),
    ),
  );
}

export interface WorldOptions {
  readonly ledgers?: readonly AssetLedger[];
  /** Contracts beside Midlock's. */
  readonly contracts?: readonly ContractClass[];
  /** How far the endorser's clock is ahead of the world's, ms. */
  readonly clockSkewMs?: bigint;
}

/** One endorser and one ledger in memory, with a clock that tests move. The chaincode runs by fabric-shim's own dispatcher. */
export class World {
  nowMs = NOW_MS;
  clockSkewMs: bigint;
  readonly ledger = new MemoryLedger();
  readonly chaincode: ChaincodeFromContract;
  /** Everything that was sent, for a replay elsewhere. */
  readonly history: HistoryEntry[] = [];
  #count = 0;

  constructor({ ledgers, contracts = [], clockSkewMs = 0n }: WorldOptions = {}) {
    this.clockSkewMs = clockSkewMs;
    const clock = { nowMs: () => this.nowMs + this.clockSkewMs };
    const midlock = midlockContracts({
      clock,
      mspId: 'Org1MSP',
      ...(ledgers === undefined ? {} : { ledgers }),
    });
    this.chaincode = chaincodeOf([...midlock, ...contracts]);
  }

  get nowSec(): bigint {
    return this.nowMs / 1000n;
  }

  proposal(by: Person, name: string, args: readonly string[], options: SendOptions = {}): Proposal {
    this.#count += 1;
    const stampMs = this.nowMs + (options.skewMs ?? 0n);
    return {
      txId: options.txId ?? createHash('sha256').update(`tx ${this.#count}`).digest('hex'),
      channel: CHANNEL,
      mspId: by.mspId,
      certificatePem: by.certificatePem,
      seconds: String(stampMs / 1000n),
      nanos: Number(stampMs % 1000n) * 1_000_000,
      args: [name, ...args],
    };
  }

  /** Endorses without ordering. Throws the MidlockError that the chaincode refused with. */
  async endorse(
    by: Person,
    name: TransactionName,
    args: readonly string[],
    options: SendOptions = {},
  ): Promise<Sent> {
    const proposal = this.proposal(by, name, args, options);
    this.history.push({ kind: 'endorse', nowMs: String(this.nowMs), proposal });
    const endorsement = await endorse(this.chaincode, this.ledger, proposal);
    if (endorsement.status !== 200)
      throw parseErrorText(endorsement.message) ?? new Error(endorsement.message);
    return { txId: proposal.txId, readWriteSet: endorsement.readWriteSet, endorsement };
  }

  commit(...transactions: readonly Sent[]): readonly ValidationCode[] {
    this.history.push({ kind: 'commit', txIds: transactions.map(({ txId }) => txId) });
    return this.ledger.commit(transactions);
  }

  /** Endorses and commits alone in a block; the parsed answer. */
  async submit<T>(
    by: Person,
    name: TransactionName,
    args: readonly string[],
    options: SendOptions = {},
  ): Promise<T> {
    const sent = await this.endorse(by, name, args, options);
    const [code] = this.commit(sent);
    if (code !== 'VALID') throw new Error(String(code));
    return JSON.parse(sent.endorsement.payload) as T;
  }

  async evaluate<T>(name: TransactionName, args: readonly string[] = []): Promise<T> {
    const { endorsement } = await this.endorse(people.carol, name, args);
    return JSON.parse(endorsement.payload) as T;
  }
}

/** The events of a transaction. */
export function eventsOf({ endorsement }: Sent): FabricEventPayload['events'] {
  if (endorsement.event === undefined) return [];
  return (JSON.parse(endorsement.event.payload) as FabricEventPayload).events;
}
