import { createHash } from 'node:crypto';
import { common, gateway as gatewayProtos, msp, peer } from '@hyperledger/fabric-protos';
import { FABRIC_EVENT, toHex, toHex32, termsToJson } from '@midlock/protocol';
import { invocationEnvelope, signedBlock } from '../../../ledgers/src/fabric/block-fixture.ts';
import { parseBlock } from '../../../ledgers/src/fabric/block.ts';
import { assembleTransaction } from '../../../ledgers/src/legacy/endorsed-transaction.ts';
import { SWAPS, type ModelSwap } from './ethereum-swaps.ts';

/** Three organisations of one channel, on whose peers the same stands. */
export const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;
export const CHANNEL = 'swaps';
export const CHAINCODE = 'midlock';
export const ACCOUNT_NOTES = ['7', '5'];

export interface FabricChain {
  readonly blocks: readonly common.Block[];
  /** Orders an envelope into a block of its own, once. */
  submit(envelope: common.Envelope): void;
}

const RULES = { maxPastSec: '60', maxFutureSec: '10', gapSec: '120', configVersion: '1' };
const SECONDS = {
  ...RULES,
  skewSec: '1',
  minDurationSec: '2',
  maxDurationSec: '900',
  fabricFirstMarginSec: '9',
  ethereumFirstMarginSec: '9',
  rotateDelaySec: '5',
};
const SECRET = /* of swap 1 */ (SWAPS[1] as ModelSwap).secret;

export const txIdOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const [LOCK_0, LOCK_1, CLAIM_1, LATE] = ['lock 0', 'lock 1', 'claim 1', 'late'].map(txIdOf) as [
  string,
  string,
  string,
  string,
];

/** Locks of swaps 0 and 1, a claim of 1, a claim of 0 that was ordered and is not valid. */
const TEMPLATE: readonly common.Block[] = chainOf([
  [],
  [eventful(LOCK_0, 'lock', [lockedEvent(0)])],
  [eventful(LOCK_1, 'lock', [lockedEvent(1)])],
  [
    eventful(CLAIM_1, 'claim', [
      { type: 'claimed', swapId: SWAPS[1]?.swapId, secret: toHex32(SECRET) },
    ]),
  ],
  [],
]);

export function createFabricChain(): FabricChain {
  let blocks = [...TEMPLATE];
  return {
    get blocks() {
      return blocks;
    },
    submit: (envelope) => {
      const last = blocks.at(-1) as common.Block;
      const previousHash = Buffer.from(parseBlock(last).hash.slice(2), 'hex');
      const envelopes = [envelope.serializeBinary()];
      blocks = [
        ...blocks,
        signedBlock({ number: blocks.length, previousHash, envelopes, flags: [0] }),
      ];
    },
  };
}

/** What a peer of one organisation answers to a query; undefined is a refusal. */
export function evaluate(
  { blocks }: FabricChain,
  mspId: string,
  [name = '', ...args]: readonly string[],
  nowMs: bigint,
): Uint8Array | undefined {
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
  switch (name) {
    case 'GetChainInfo': {
      const info = new common.BlockchainInfo();
      info.setHeight(blocks.length);
      info.setCurrentblockhash(
        Buffer.from(parseBlock(blocks.at(-1) as common.Block).hash.slice(2), 'hex'),
      );
      return info.serializeBinary();
    }
    case 'GetBlockByNumber':
      return blocks[Number(args[1])]?.serializeBinary();
    case 'GetBlockByTxID':
      return blocks
        .find((block) => parseBlock(block).transactions.some(({ txId }) => txId === args[1]))
        ?.serializeBinary();
    case 'mid-account:get':
      return midAccount(args[0] ?? '', json);
    case 'mid-account:time':
      return json({ schema: 1, mspId, clockMs: String(nowMs), ...SECONDS });
    case 'notes:notesOf':
      return json({
        schema: 1,
        bookmark: '',
        items: ACCOUNT_NOTES.map((amount, i) => ({
          schema: 1,
          id: toHex32(new Uint8Array(32).fill(i + 1)),
          assetId: args[0] ?? 'gold',
          owner: args[1] ?? '',
          amount,
        })),
      });
    case 'mid-account:conservation':
      return json({
        schema: 1,
        assetId: args[0],
        issued: '12',
        burnt: '0',
        free: '12',
        locked: '0',
        notes: '2',
        midAccounts: '0',
        complete: true,
        holds: true,
      });
    default:
      return undefined;
  }
}

function midAccount(swapId: string, json: (value: unknown) => Uint8Array): Uint8Array | undefined {
  const swap = SWAPS.slice(0, 2).find((one) => one.swapId === swapId);
  if (swap === undefined) return undefined;
  const claimed = swap === SWAPS[1];
  return json({
    schema: 1,
    swapId,
    state: claimed ? 'claimed' : 'locked',
    terms: termsToJson(swap.terms),
    rules: RULES,
    lockedAtSec: '1700000000',
    lockTxId: claimed ? LOCK_1 : LOCK_0,
    ...(claimed
      ? { settledAtSec: '1700000005', settleTxId: CLAIM_1, secret: toHex32(SECRET) }
      : {}),
  });
}

/** The envelope that an honest gateway makes of a proposal, all of the organisations endorsing. */
export function endorse(proposal: Uint8Array, organizations: readonly string[]): common.Envelope {
  const action = new peer.ChaincodeAction();
  action.setResponse(new peer.Response());
  const payload = new peer.ProposalResponsePayload();
  payload.setExtension$(action.serializeBinary());
  const response = { status: 200, message: '', payload: new Uint8Array() };
  const answers = organizations.map((mspId) => {
    const identity = new msp.SerializedIdentity();
    identity.setMspid(mspId);
    const endorsement = { endorser: identity.serializeBinary(), signature: new Uint8Array(8) };
    const answer = { response, payload: payload.serializeBinary(), endorsement };
    return { mspId, endpoint: mspId, answer };
  });
  const envelope = new common.Envelope();
  envelope.setPayload(assembleTransaction(proposal, answers));
  return envelope;
}

/** Name and arguments of a proposal. */
export function callOf(request: { getProposedTransaction(): peer.SignedProposal | undefined }): {
  readonly proposal: Uint8Array;
  readonly args: readonly string[];
} {
  const proposal = request.getProposedTransaction()?.getProposalBytes_asU8() ?? new Uint8Array();
  const payload = peer.Proposal.deserializeBinary(proposal).getPayload_asU8();
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(
    peer.ChaincodeProposalPayload.deserializeBinary(payload).getInput_asU8(),
  );
  const args = spec.getChaincodeSpec()?.getInput()?.getArgsList_asU8() ?? [];
  return { proposal, args: args.map((arg) => Buffer.from(arg).toString()) };
}

export function envelopeIn(bytes: Uint8Array): common.Envelope {
  const prepared = gatewayProtos.PreparedTransaction.deserializeBinary(bytes);
  return prepared.getEnvelope() ?? new common.Envelope();
}

function lockedEvent(n: number): unknown {
  const { swapId, terms } = SWAPS[n] as ModelSwap;
  return { type: 'locked', swapId, terms: termsToJson(terms), rules: RULES };
}

/** An envelope of our chaincode with an event. */
function eventful(txId: string, name: string, events: readonly unknown[]): Uint8Array {
  const event = new peer.ChaincodeEvent();
  event.setChaincodeId(CHAINCODE);
  event.setTxId(txId);
  event.setEventName(FABRIC_EVENT);
  event.setPayload(Buffer.from(JSON.stringify({ schema: 1, events })));
  const action = new peer.ChaincodeAction();
  action.setEvents(event.serializeBinary());
  const response = new peer.ProposalResponsePayload();
  response.setExtension$(action.serializeBinary());
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(response.serializeBinary());
  const envelope = common.Envelope.deserializeBinary(
    invocationEnvelope(txId, [`mid-account:${name}`]),
  );
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const [first] = transaction.getActionsList();
  const inner = peer.ChaincodeActionPayload.deserializeBinary(
    first?.getPayload_asU8() ?? new Uint8Array(),
  );
  inner.setAction(endorsed);
  first?.setPayload(inner.serializeBinary());
  payload.setData(transaction.serializeBinary());
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}

function chainOf(contents: readonly (readonly Uint8Array[])[]): readonly common.Block[] {
  const late = invocationEnvelope(LATE, [
    'mid-account:claim',
    SWAPS[0]?.swapId ?? '',
    toHex((SWAPS[0] as ModelSwap).secret),
  ]);
  const blocks: common.Block[] = [];
  for (const [number, content] of contents.entries()) {
    const last = blocks.at(-1);
    const previousHash =
      last === undefined ? new Uint8Array() : Buffer.from(parseBlock(last).hash.slice(2), 'hex');
    const isLast = number === contents.length - 1;
    const envelopes = isLast ? [late] : content;
    const flags = envelopes.map(() => (isLast ? 11 : 0));
    blocks.push(signedBlock({ number, previousHash, envelopes, flags }));
  }
  return blocks;
}
