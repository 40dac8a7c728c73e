import { ESCROW, packTicket } from '@midlock/evm';
import { testPems } from '@midlock/client/testing';
import { createMemorySigner } from '@midlock/ledgers';
import { ETH, swapIdOf, termsToJson, type Address } from '@midlock/protocol';
import {
  parseChaincodeConfig,
  parseConservation,
  parseEndorserTime,
  parseEventPayload,
  parseMadeNotes,
  parseMidAccount,
  parseNotes,
  parseUniqueAsset,
  parseUniqueAssets,
} from '../../../ledgers/src/fabric/answers.ts';
import {
  claimEnvelope,
  invocationEnvelope,
  signedBlock,
} from '../../../ledgers/src/fabric/block-fixture.ts';
import { parseBlockBytes } from '../../../ledgers/src/fabric/block.ts';
import { CallFailure } from '../../../ledgers/src/fabric/call-failure.ts';
import { factsOf, strayedSecretsOf } from '../../../ledgers/src/fabric/facts.ts';
import { refusalsOf } from '../../../ledgers/src/fabric/gateway-error.ts';
import { createFabricIdentity, accountOf } from '../../../ledgers/src/fabric/identity.ts';
import { readPrepared } from '../../../ledgers/src/fabric/prepared.ts';
import {
  readEscrowLog,
  readSwapLog,
  revertError,
} from '../../../ledgers/src/ethereum/escrow-log.ts';
import { RpcRefusal, parseAnswer } from '../../../ledgers/src/ethereum/json-rpc.ts';
import { decodeTransaction } from '../../../ledgers/src/ethereum/transaction.ts';
import {
  parseBlock,
  parseBlockTransactions,
  parseLogs,
  parseReceipt,
} from '../../../ledgers/src/ethereum/wire.ts';
import { loadKeyFileSigner } from '../../../ledgers/src/signers/ethereum-signer.ts';
import { bytesOf, midlockErrors, textOf, type Target } from '../target.ts';
import { jsonOr } from './json-or.ts';
import { inputFile } from './input-file.ts';
import { sampleTerms, word } from './samples.ts';

const PEMS = testPems(0);
const LIED = midlockErrors('ENDPOINT_LIED');
const json = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));
const [terms] = sampleTerms(1) as [ReturnType<typeof sampleTerms>[number]];
const swapId = swapIdOf(terms);
const rules = { maxPastSec: '60', maxFutureSec: '10', gapSec: '120', configVersion: '1' };
const account = `Org1MSP:${word('04')}`;

const midAccount = {
  schema: 1,
  swapId,
  state: 'claimed',
  terms: termsToJson(terms),
  rules,
  lockedAtSec: '1999990000',
  lockTxId: 'ab'.repeat(32),
  settledAtSec: '1999990010',
  settleTxId: 'cd'.repeat(32),
  secret: word('5e'),
};
const note = { schema: 1, id: word('01'), assetId: 'gold', owner: account, amount: '5' };
const unique = {
  schema: 1,
  kind: 'evidence',
  id: 'deed',
  issuer: account,
  holder: account,
  contentHash: word('02'),
  content: [{ hash: word('02'), schemaId: 's', issuer: account, timeSec: '5' }],
  lockedBy: word('03'),
};
const events = {
  schema: 1,
  events: [
    { type: 'asset', action: 'mint', assetId: 'gold' },
    { type: 'locked', swapId, terms: termsToJson(terms), rules },
    { type: 'claimed', swapId, secret: word('5e') },
    { type: 'released', swapId },
  ],
};
const seconds = {
  maxPastSec: '60',
  maxFutureSec: '10',
  gapSec: '120',
  skewSec: '1',
  minDurationSec: '2',
  maxDurationSec: '900',
  fabricFirstMarginSec: '9',
  ethereumFirstMarginSec: '9',
  rotateDelaySec: '5',
};

/** Answers of the chaincode, each with its parser. */
const ANSWERS: readonly (readonly [string, (bytes: Uint8Array) => unknown, unknown])[] = [
  ['mid-account', parseMidAccount, midAccount],
  ['endorser-time', parseEndorserTime, { schema: 1, mspId: 'Org1MSP', clockMs: '5', ...seconds }],
  ['events', parseEventPayload, events],
  ['notes', parseNotes, { schema: 1, items: [note], bookmark: '' }],
  ['made-notes', parseMadeNotes, { schema: 1, notes: [note] }],
  ['unique-asset', parseUniqueAsset, unique],
  ['unique-assets', parseUniqueAssets, { schema: 1, items: [unique], bookmark: 'b' }],
  [
    'conservation',
    parseConservation,
    {
      schema: 1,
      assetId: 'gold',
      issued: '5',
      burnt: '0',
      free: '5',
      locked: '0',
      notes: '1',
      midAccounts: '0',
      complete: true,
      holds: true,
    },
  ],
  [
    'chaincode-config',
    parseChaincodeConfig,
    {
      schema: 1,
      version: '1',
      networkId: word('0a'),
      channel: 'swaps',
      chaincode: 'midlock',
      organizations: ['Org1MSP'],
      ...seconds,
    },
  ],
];

const blockSeed = signedBlock({
  number: 3,
  previousHash: new Uint8Array(32).fill(1),
  envelopes: [
    claimEnvelope('ab'.repeat(32)),
    invocationEnvelope('cd'.repeat(32), ['mid-account:lock', JSON.stringify(termsToJson(terms))]),
  ],
  flags: [0, 11],
}).serializeBinary();

const escrow = `0x${'0e'.repeat(20)}` as Address;
const party = `0x${'0a'.repeat(20)}` as Address;
const ticket = {
  beneficiary: party,
  expiresAtSec: 2_000_000_000n,
  slot: 3n,
  generation: 4n,
  direct: true,
};

function logOf(name: string, values: readonly unknown[]): unknown {
  const { data, topics } = ESCROW.encodeEventLog(name, values);
  return {
    address: escrow,
    topics,
    data,
    blockHash: word('0b'),
    blockNumber: '0x10',
    transactionHash: word('0c'),
    logIndex: '0x0',
    removed: false,
  };
}

/** One log of each event of the escrow, as a node gives it. */
export function escrowLogs(): readonly unknown[] {
  const place = (BigInt(party) << 55n) | (3n << 31n) | 4n;
  const asset = (BigInt(ETH) << 96n) | 5n;
  return [
    logOf('Locked', [swapId, party, asset, packTicket(ticket), word('07')]),
    logOf('Claimed', [swapId, place, word('5e')]),
    logOf('Refunded', [swapId, place]),
    logOf('Deposited', [party, ETH, 5n]),
    logOf('Withdrawn', [party, ETH, party, 5n]),
    logOf('PayoutCredited', [word('09'), party, ETH, 5n]),
    logOf('Skipped', [swapId, word('09'), ESCROW.getError('LockUnknown')?.selector]),
  ];
}

const header = {
  number: '0x10',
  hash: word('0b'),
  parentHash: word('0a'),
  timestamp: '0x65',
  baseFeePerGas: '0x7',
  transactions: [
    { to: escrow, input: '0x1234' },
    { to: null, input: '0x' },
  ],
};
const receipt = {
  transactionHash: word('0c'),
  blockHash: word('0b'),
  blockNumber: '0x10',
  status: '0x1',
  gasUsed: '0x5208',
  effectiveGasPrice: '0x7',
  contractAddress: escrow,
  logs: escrowLogs(),
};

const ETHEREUM = ['ledgers/src/ethereum/wire.ts'];

/** What peers, gateways and nodes answer, and the files with keys. */
export const LEDGERS_TARGETS: readonly Target[] = [
  ...ANSWERS.map(([name, parse, seed]): Target => ({
    name: `ledgers/${name}`,
    about: `the chaincode's answer: ${name}, from a peer`,
    format: 'json',
    sources: ['ledgers/src/fabric/answers.ts', 'protocol/src/'],
    seeds: () => [json(seed)],
    parse,
    accepts: LIED,
  })),
  {
    name: 'ledgers/fabric-block',
    about: 'a block with its swap facts and strayed secrets, from a peer',
    format: 'protobuf',
    sources: [
      'ledgers/src/fabric/block.ts',
      'ledgers/src/fabric/facts.ts',
      'ledgers/src/fabric/stamp-message.ts',
      'ledgers/src/fabric/block-header.ts',
    ],
    seeds: () => [blockSeed],
    parse: (input) => readBlock(input),
    accepts: LIED,
  },
  {
    name: 'ledgers/fabric-envelope',
    about: 'an envelope inside a block with the right data hash, flagged VALID or not',
    format: 'protobuf',
    sources: [
      'ledgers/src/fabric/block.ts',
      'ledgers/src/fabric/facts.ts',
      'ledgers/src/fabric/stamp-message.ts',
    ],
    seeds: () => [
      claimEnvelope('ab'.repeat(32)),
      invocationEnvelope('cd'.repeat(32), ['mid-account:lock', '{}']),
    ],
    // The peer makes the hash fit: whatever envelope it invents, flagged either way.
    parse: (input) =>
      [0, 11].map((flag) =>
        readBlock(
          signedBlock({
            number: 3,
            previousHash: new Uint8Array(32),
            envelopes: [input],
            flags: [flag],
          }).serializeBinary(),
        ),
      ),
    accepts: LIED,
  },
  {
    name: 'ledgers/prepared',
    about: 'a signed Fabric transaction, from our own store',
    format: 'protobuf',
    sources: ['ledgers/src/fabric/prepared.ts'],
    seeds: () => [Uint8Array.of(0x12, 0x02, 0x0a, 0x00)],
    parse: readPrepared,
    accepts: midlockErrors('INTERNAL'),
  },
  {
    name: 'ledgers/gateway-errors',
    about: 'what a gateway says of a failed call: code, text, details of peers',
    format: 'json',
    sources: ['ledgers/src/fabric/gateway-error.ts', 'protocol/src/errors/midlock-error.ts'],
    seeds: () => [
      json([
        10,
        'failed to endorse',
        [{ address: 'a', mspId: 'Org1MSP', message: 'CLAIM_TOO_LATE: late {"timeSec":"5"}' }],
      ]),
      json([14, 'failed to find any endorsing peers for org(s): Org1MSP, Org2MSP', []]),
      json([12, 'unknown service gateway.Gateway', []]),
    ],
    parse: (input) => {
      const [code, message, details] = asList(jsonOr(input, []));
      const listed = asList(details).map((item) => {
        const { mspId, message: text } = (item ?? {}) as Record<string, unknown>;
        return { address: '', mspId: asText(mspId), message: asText(text) };
      });
      const failure = new CallFailure(
        Number.isInteger(code) ? Number(code) : 2,
        asText(message),
        listed,
      );
      const refusals = refusalsOf(failure, 'localhost:7051');
      for (const { error } of refusals) {
        const bad = !midlockErrors()(error) && error.code !== 'INTERNAL';
        if (bad) throw new RangeError(`a refusal that cannot be shown: ${error.code}`);
      }
      return refusals.length;
    },
    accepts: () => false,
  },
  {
    name: 'ledgers/fabric-identity',
    about: 'a Fabric certificate as PEM, with a key that may not be its own',
    format: 'pem',
    sources: ['ledgers/src/fabric/identity.ts', 'protocol/src/account.ts'],
    seeds: () => [bytesOf(PEMS.certificate)],
    parse: (input) => {
      const identity = createFabricIdentity('Org1MSP', textOf(input), PEMS.key);
      return accountOf(identity);
    },
    accepts: midlockErrors('IDENTITY_INVALID'),
  },
  {
    name: 'ledgers/fabric-key',
    about: 'a private key as PEM, for a known certificate',
    format: 'pem',
    sources: ['ledgers/src/fabric/identity.ts'],
    seeds: () => [bytesOf(PEMS.key)],
    parse: (input) => createFabricIdentity('Org1MSP', PEMS.certificate, textOf(input)).mspId,
    accepts: midlockErrors('IDENTITY_INVALID'),
  },
  {
    name: 'ledgers/ethereum-key',
    about: 'a file with an Ethereum key',
    format: 'text',
    sources: ['ledgers/src/signers/'],
    seeds: () => [bytesOf(`0x${'0a'.repeat(32)}\n`)],
    parse: async (input) => (await loadKeyFileSigner(inputFile(input))).address,
    accepts: midlockErrors('IDENTITY_INVALID', 'SECRET_FILE_EXPOSED'),
    maxBytes: 4096,
  },
  {
    name: 'ledgers/rpc-answer',
    about: "a node's JSON-RPC answer, before its result is looked at",
    format: 'json',
    sources: ['ledgers/src/ethereum/json-rpc.ts'],
    seeds: () => [
      json({ jsonrpc: '2.0', id: 1, result: '0x1' }),
      json({ jsonrpc: '2.0', id: 1, error: { code: 3, message: 'reverted', data: '0x08c379a0' } }),
      json({
        id: 1,
        error: { code: -32000, message: 'x', data: { originalError: { data: '0x01020304' } } },
      }),
    ],
    parse: (input) => parseAnswer('localhost:8545', 'eth_call', 1, textOf(input)),
    accepts: (error) => LIED(error) || (error instanceof RpcRefusal && error.reason.length <= 200),
  },
  wire('eth-block', 'a block header', parseBlock, header),
  wire('eth-transactions', "a whole block's transactions", parseBlockTransactions, header),
  wire('eth-logs', 'logs', parseLogs, escrowLogs()),
  wire('eth-receipt', 'a receipt', parseReceipt, receipt),
  {
    name: 'ledgers/escrow-log',
    about: "logs of the escrow's own address, with data of the node's choice",
    format: 'json',
    sources: ['ledgers/src/ethereum/escrow-log.ts', 'ledgers/src/ethereum/wire.ts', 'evm/src/'],
    seeds: () => escrowLogs().map((log) => json([log])),
    parse: (input) =>
      parseLogs(jsonOr(input, null)).map((log) => [readSwapLog(log, 1n), readEscrowLog(log, 1n)]),
    accepts: LIED,
  },
  {
    name: 'ledgers/revert-data',
    about: 'revert data of a call, as the node gives them',
    format: 'json',
    sources: ['ledgers/src/ethereum/escrow-log.ts', 'evm/src/escrow-errors.ts'],
    seeds: () => [...revertSamples()].map(json),
    parse: (input) => {
      const data = jsonOr(input, '');
      const error = revertError(
        /^0x(?:[0-9a-f]{2}){4,4096}$/i.test(asText(data)) ? asText(data) : undefined,
      );
      if (!midlockErrors()(error))
        throw new RangeError(`an error that cannot be shown: ${error.code}`);
      return error.code;
    },
    accepts: () => false,
  },
  {
    name: 'ledgers/signed-transaction',
    about: 'a signed Ethereum transaction, from our own store or a remote signer',
    format: 'rlp',
    sources: ['ledgers/src/ethereum/transaction.ts'],
    seeds: async () => {
      const signer = createMemorySigner(new Uint8Array(32).fill(7));
      const plain = {
        chainId: 1n,
        nonce: 7n,
        to: escrow,
        value: 5n,
        data: '0x1234',
        gasLimit: 50_000n,
      };
      return Promise.all(
        [
          { kind: 'legacy', gasPrice: 9n } as const,
          { kind: 'eip1559', maxFeePerGas: 30n, maxPriorityFeePerGas: 2n } as const,
        ].map((fees) => signer.signTransaction({ ...plain, fees })),
      );
    },
    parse: decodeTransaction,
    accepts: midlockErrors('INTERNAL'),
  },
];

function readBlock(input: Uint8Array): unknown {
  const block = parseBlockBytes(input);
  return [factsOf(block, 'midlock').length, strayedSecretsOf(block, 'midlock').length];
}

function wire(
  name: string,
  what: string,
  parse: (value: unknown) => unknown,
  seed: unknown,
): Target {
  return {
    name: `ledgers/${name}`,
    about: `${what} from a node`,
    format: 'json',
    sources: ETHEREUM,
    seeds: () => [json(seed), json(null)].slice(0, name === 'eth-logs' ? 1 : 2),
    parse: (input) => parse(jsonOr(input, undefined)),
    accepts: LIED,
  };
}

function* revertSamples(): Generator<string> {
  for (const fragment of ESCROW.fragments)
    if (fragment.type === 'error') {
      const name = (fragment as { name?: string }).name ?? '';
      const inputs = fragment.inputs.map(({ type }) =>
        type === 'address'
          ? party
          : type === 'bytes32'
            ? `0x${'41'.repeat(31)}00`
            : type === 'bytes4'
              ? '0x01020304'
              : type === 'bool'
                ? true
                : type === 'string' || type.startsWith('bytes')
                  ? '0x'
                  : 5n,
      );
      yield ESCROW.encodeErrorResult(name, inputs);
    }
  yield `0x08c379a0${'00'.repeat(31)}20${'00'.repeat(31)}0141${'00'.repeat(31)}`;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
