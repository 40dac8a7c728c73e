import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { common, msp, peer } from '@hyperledger/fabric-protos';
import { testPems } from '@midlock/client/testing';
import { testCertificate, testIdentity } from '../../../crypto/src/testing/certificates.ts';
import { DevnodeError } from '../../../devnode/src/devnode-error.ts';
import { readProposal } from '../../../devnode/src/gateway/proposals.ts';
import { StateDb } from '../../../devnode/src/ledger/state-db.ts';
import { Validator } from '../../../devnode/src/ledger/validator.ts';
import { certificatePem } from '../../../devnode/src/msp/certificate.ts';
import { certificateParts } from '../../../devnode/src/msp/certificate-parts.ts';
import {
  MspError,
  createMspRegistry,
  evaluatePolicy,
  parsePolicy,
  policyFromBytes,
  policyToBytes,
  signMessage,
  verifySignature,
  type SignaturePolicy,
} from '../../../devnode/src/msp/index.ts';
import { readDefinitions } from '../../../devnode/src/options.ts';
import { readConfig } from '../../../devnode/src/read-config.ts';
import { BlockFile } from '../../../devnode/src/store/block-file.ts';
import { buildTransaction, type Signer } from '../../../devnode/test/transactions.ts';
import { claimEnvelope, signedBlock } from '../../../ledgers/src/fabric/block-fixture.ts';
import { bytesOf, textOf, type Target } from '../target.ts';
import { inputFile, scratchFolder } from './input-file.ts';

const pems = testPems(0);
const certificate = new X509Certificate(pems.certificate);
const key = createPrivateKey(pems.key);
const [root, user] = [testIdentity('root'), testIdentity('user')];
const rootPem = certificatePem(
  testCertificate({ subject: root, issuer: root, authority: true, keyUsage: 0x06 }),
);
const userPem = certificatePem(
  testCertificate({ subject: user, issuer: root, unit: 'client', keyUsage: 0x80 }),
);
const registry = createMspRegistry([{ mspId: 'A', rootCertificatesPem: [rootPem] }]);

const mspError = (error: unknown): boolean => error instanceof MspError;
const devnodeError = (error: unknown): boolean => error instanceof DevnodeError;

function serialized(): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid('A');
  identity.setIdBytes(Buffer.from(userPem));
  return identity.serializeBinary();
}

const signer: Signer = { serialized: serialized(), key };
const message = bytesOf('message');
const signature = signMessage(key, message);

/** Every endorsement policy of the language, small and nested. */
const POLICIES = [
  "OutOf(2,'A.peer','B.peer','C.peer')",
  "AND('A.member', OR(\"B.admin\", 'C.client'))",
  "OutOf('1', 'A.orderer')",
];

const definitions = new Map([
  [
    'cc',
    {
      name: 'cc',
      version: '1',
      sequence: 1,
      policy: parsePolicy("OR('A.member')"),
      collections: new Map(),
    },
  ],
]);
const validator = new Validator({
  channel: 'ch',
  state: new StateDb(),
  registry,
  definitions,
  isKnown: () => false,
});

function proposalBytes(): Uint8Array {
  const envelope = common.Envelope.deserializeBinary(transaction());
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const id = new peer.ChaincodeID();
  id.setName('cc');
  const input = new peer.ChaincodeInput();
  input.setArgsList([bytesOf('get'), bytesOf('a')]);
  const spec = new peer.ChaincodeSpec();
  spec.setChaincodeId(id);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const proposalPayload = new peer.ChaincodeProposalPayload();
  proposalPayload.setInput(invocation.serializeBinary());
  proposalPayload.getTransientmapMap().set('k', bytesOf('v'));
  const proposal = new peer.Proposal();
  proposal.setHeader(payload.getHeader()?.serializeBinary() ?? new Uint8Array());
  proposal.setPayload(proposalPayload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  return signed.serializeBinary();
}

function transaction(): Uint8Array {
  return buildTransaction({
    channel: 'ch',
    creator: signer,
    chaincode: 'cc',
    version: '1',
    results: new Uint8Array(),
    endorsers: [signer],
    nonce: new Uint8Array(24).fill(1),
  });
}

/** A ledger file of two blocks, one with private data. */
function blockFile(): Uint8Array {
  const path = join(scratchFolder(), 'seed.blocks');
  rmSync(path, { force: true });
  const file = new BlockFile(path);
  for (const number of [0, 1]) {
    const block = signedBlock({
      number,
      previousHash: new Uint8Array(32),
      envelopes: [claimEnvelope('ab'.repeat(32))],
      flags: [0],
    });
    const privateData =
      number === 0
        ? []
        : [{ index: 0, namespace: 'cc', collection: 'c', rwset: Uint8Array.of(1, 2) }];
    file.append({ bytes: block.serializeBinary(), privateData } as unknown as Parameters<
      BlockFile['append']
    >[0]);
  }
  file.close();
  return readBack(path);
}

function readBack(path: string): Uint8Array {
  return Uint8Array.from(readFileSync(path));
}

/** What a peer, an orderer and their files read, in the development node. */
export const DEVNODE_TARGETS: readonly Target[] = [
  {
    name: 'devnode/identity',
    about: 'a serialized identity: MSP id and certificate as PEM',
    format: 'protobuf',
    sources: ['devnode/src/msp/'],
    seeds: () => [serialized()],
    parse: (input) => registry.identifyIgnoringExpiry(input).id,
    accepts: mspError,
  },
  {
    name: 'devnode/certificate',
    about: "a certificate's outer structure in DER",
    format: 'der',
    sources: ['devnode/src/msp/certificate-parts.ts', 'devnode/src/msp/der.ts'],
    seeds: () => [Uint8Array.from(certificate.raw)],
    parse: (input) => certificateParts(input),
    accepts: mspError,
  },
  {
    name: 'devnode/signature',
    about: 'an ECDSA signature in DER',
    format: 'der',
    sources: ['devnode/src/msp/verify-signature.ts', 'devnode/src/msp/der.ts'],
    seeds: () => [Uint8Array.from(signature)],
    parse: (input) => verifySignature({ publicKey: certificate.publicKey }, message, input),
    accepts: () => false,
  },
  {
    name: 'devnode/policy-text',
    about: "an endorsement policy in Fabric's language",
    format: 'text',
    sources: ['devnode/src/msp/parse-policy.ts', 'devnode/src/msp/evaluate-policy.ts'],
    seeds: () => POLICIES.map(bytesOf),
    parse: (input) => {
      const policy = parsePolicy(textOf(input));
      evaluatePolicy(policy, [{ id: 'x', mspId: 'A', role: 'peer' }]);
      return policy;
    },
    accepts: mspError,
  },
  {
    name: 'devnode/policy-bytes',
    about: 'an endorsement policy as protobuf, for a key or a collection',
    format: 'protobuf',
    sources: ['devnode/src/msp/policy-codec.ts', 'devnode/src/msp/evaluate-policy.ts'],
    seeds: () => POLICIES.map((text) => policyToBytes(parsePolicy(text))),
    parse: (input) => {
      const policy = policyFromBytes(input);
      evaluatePolicy(policy, [{ id: 'x', mspId: 'A', role: 'peer' }]);
      return policy;
    },
    write: (policy: SignaturePolicy) => policyToBytes(policy),
    accepts: mspError,
  },
  {
    name: 'devnode/proposal',
    about: 'a signed proposal, from a client',
    format: 'protobuf',
    sources: ['devnode/src/gateway/proposals.ts', 'devnode/src/endorser/proposal.ts'],
    seeds: () => [proposalBytes()],
    parse: (input) => {
      let signed: peer.SignedProposal;
      try {
        signed = peer.SignedProposal.deserializeBinary(input);
      } catch {
        return undefined;
      }
      return readProposal(signed, 'a signed proposal is required', '').txId;
    },
    accepts: (error) =>
      error instanceof Error && 'code' in error && error.code === status.INVALID_ARGUMENT,
  },
  {
    name: 'devnode/transaction',
    about: 'an envelope that was ordered: every one gets a validation code',
    format: 'protobuf',
    sources: ['devnode/src/ledger/', 'devnode/src/msp/'],
    seeds: () => [transaction()],
    parse: (input) => validator.validate(input, { txIds: new Set(), policies: new Set() }).code,
    accepts: () => false,
  },
  {
    name: 'devnode/block-file',
    about: 'the ledger file, after a crash or damage',
    format: 'bytes',
    sources: ['devnode/src/store/block-file.ts'],
    seeds: () => [blockFile()],
    parse: (input) => {
      const file = new BlockFile(inputFile(input, 'blocks'));
      file.close();
      return file.blocks.length;
    },
    accepts: devnodeError,
  },
  {
    name: 'devnode/options',
    about: "the node's configuration, from a file",
    format: 'json',
    sources: [
      'devnode/src/options.ts',
      'devnode/src/read-config.ts',
      'devnode/src/msp/parse-policy.ts',
    ],
    seeds: () => [
      bytesOf(
        JSON.stringify({
          channel: 'swaps',
          organizations: [
            {
              mspId: 'A',
              domain: 'a.example.com',
              peers: 2,
              users: ['U'],
              attributes: { U: { r: '1' } },
            },
            { mspId: 'B' },
          ],
          chaincodes: [
            {
              name: 'cc',
              version: '1',
              sequence: 1,
              endpoints: { A: 'register', B: { address: 'localhost:9999', packageId: 'cc:1' } },
              endorsementPolicy: "AND('A.peer','B.peer')",
              collections: [
                {
                  name: 'c',
                  policy: "OR('A.member')",
                  blockToLive: 3,
                  memberOnlyRead: true,
                  endorsementPolicy: "OR('A.peer')",
                },
              ],
            },
          ],
          batch: { timeoutMs: 100, maxMessages: 10, preferredMaxBytes: 1000 },
          profile: '3.x',
          consensus: 'raft',
          ports: { A: 7051, 'A/peer1': 0, admin: 1 },
          admin: true,
          executeTimeoutMs: 1000,
        }),
      ),
    ],
    parse: (input) => readDefinitions(readConfig(inputFile(input))).size,
    accepts: devnodeError,
  },
];
