import { readFileSync } from 'node:fs';
import { keccak_256 } from '@noble/hashes/sha3.js';
import {
  isCryptoError,
  domainFromJson,
  statementFromJson,
  statementToJson,
  type Statement,
} from '@midlock/crypto';
import {
  parseCompressed,
  parseMember,
  encodePoint,
  compressAffine,
} from '../../../crypto/src/bls/points.ts';
import { encodeSigners, parseSigners } from '../../../crypto/src/bls/multisig.ts';
import { nobleEngine } from '../../../crypto/src/bls/noble-engine.ts';
import {
  encodeAnswer,
  encodeComplaint,
  encodeDeal,
  parseAnswer,
  parseComplaint,
  parseDeal,
} from '../../../crypto/src/dkg/bodies.ts';
import { encodePacket, parsePacket, type Packet } from '../../../crypto/src/dkg/packets.ts';
import { encodeStatement, parseStatement } from '../../../crypto/src/encoding/statement.ts';
import { parseEthereumHeader } from '../../../crypto/src/ethereum/header.ts';
import {
  encodeReceipt,
  parseReceipt,
  receiptKey,
  type EthereumReceipt,
} from '../../../crypto/src/ethereum/receipt.ts';
import { decodeRlp, encodeRlp, rlpInteger, type Rlp } from '../../../crypto/src/ethereum/rlp.ts';
import { buildTrieProof } from '../../../crypto/src/ethereum/trie-builder.ts';
import { readTrie } from '../../../crypto/src/ethereum/trie.ts';
import { parseFabricBlock } from '../../../crypto/src/fabric/block.ts';
import { parseCommitments } from '../../../crypto/src/frost/signer.ts';
import { parseCertificate, parseCertificatePem } from '../../../crypto/src/identity/certificate.ts';
import { parseEcdsaDer } from '../../../crypto/src/identity/ecdsa.ts';
import { recoverEthereumAddress } from '../../../crypto/src/identity/ethereum.ts';
import { verifyCertificateChain } from '../../../crypto/src/identity/fabric.ts';
import { blsKeyGroup } from '../../../crypto/src/group/bls-g2.ts';
import {
  encodeCiphertext,
  parseCiphertext,
  type Ciphertext,
} from '../../../crypto/src/paillier/cipher.ts';
import { generatePaperKey } from '../../../crypto/src/paillier/key.ts';
import { acceptPaperModulus, proveModulus } from '../../../crypto/src/paillier/modulus-proof.ts';
import { portableEngine } from '../../../crypto/src/paillier/portable-engine.ts';
import { hpkeRecipient, hpkeSender } from '../../../crypto/src/session/hpke.ts';
import { acceptHandshake, startHandshake } from '../../../crypto/src/session/noise-ik.ts';
import { kemKeyPair } from '../../../crypto/src/session/x25519.ts';
import { testCertificate, testIdentity } from '../../../crypto/src/testing/certificates.ts';
import { dealFrostKey } from '../../../crypto/src/testing/frost-dealer.ts';
import { quorumFixture } from '../../../crypto/src/testing/schemes.ts';
import { seededRandom } from '../../../crypto/src/testing/random.ts';
import { certificatePem } from '../../../devnode/src/msp/certificate.ts';
import { claimEnvelope, signedBlock } from '../../../ledgers/src/fabric/block-fixture.ts';
import { bytesOf, textOf, type Target } from '../target.ts';
import { jsonOr } from './json-or.ts';

/** The package's own error with its code; messages name fields, never content. */
const accepts = (error: unknown): boolean => isCryptoError(error) && error.message.length < 500;

const random = seededRandom('fuzz');
const group = blsKeyGroup(nobleEngine);
const point = encodePoint(nobleEngine.g2, nobleEngine.g2.generator);
const SHORT = 2_048;

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/statements.json', import.meta.url), 'utf8'),
) as {
  readonly domain: Parameters<typeof domainFromJson>[0];
  readonly statements: readonly { readonly statement: Parameters<typeof statementFromJson>[0] }[];
};
const domain = domainFromJson(vectors.domain);
const statements = vectors.statements.map(({ statement }) => statementFromJson(statement));

const [root, member] = [testIdentity('root'), testIdentity('member')];
const certificates = [
  testCertificate({ subject: root, issuer: root, authority: true, keyUsage: 0x06 }),
  testCertificate({ subject: member, issuer: root, unit: 'client', keyUsage: 0x80 }),
];
const rootCertificate = parseCertificate(certificates[0] as Uint8Array);
const trust = {
  roots: [rootCertificate],
  intermediates: [],
  atSec: 1_800_000_000n,
  revoked: new Set<string>(),
};

const packet: Packet = {
  session: new Uint8Array(32).fill(1),
  phase: 'complain',
  sender: 2,
  body: encodeComplaint([1, 3]),
  signature: new Uint8Array(64).fill(9),
};

const receipt: EthereumReceipt = {
  type: 2,
  succeeded: true,
  cumulativeGas: 21_000n,
  logsBloom: new Uint8Array(256),
  logs: [
    {
      address: new Uint8Array(20).fill(1),
      topics: [new Uint8Array(32).fill(2)],
      data: Uint8Array.of(1, 2, 3),
    },
  ],
};
const entries = [0, 1, 2].map((index) => ({
  key: receiptKey(index),
  value: encodeReceipt({ ...receipt, cumulativeGas: BigInt(index) }),
}));
const proof = buildTrieProof(entries, receiptKey(1));
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`;
const unhex = (text: unknown): Uint8Array =>
  typeof text === 'string'
    ? Uint8Array.from(Buffer.from(text.replace(/^0x/, ''), 'hex'))
    : new Uint8Array();

const header: Rlp = [
  ...[32, 32, 20, 32, 32, 32, 256].map((length) => new Uint8Array(length).fill(1)),
  ...[0n, 7n, 30_000_000n, 21_000n, 1_700_000_000n].map(rlpInteger),
  bytesOf('extra'),
  new Uint8Array(32),
  new Uint8Array(8),
  rlpInteger(7n),
];

const [own, other] = [1, 2].map((byte) => kemKeyPair(new Uint8Array(32).fill(byte))) as [
  ReturnType<typeof kemKeyPair>,
  ReturnType<typeof kemKeyPair>,
];
const INFO = bytesOf('info');
const hpke = hpkeSender(own.publicKey, { info: INFO }, other, random);
const sealed = Buffer.concat([hpke.enc, hpke.seal(INFO, bytesOf('content'))]);
const handshake = startHandshake(other, own.publicKey, INFO, bytesOf('hello'), random).message;

const frost = dealFrostKey(3, 2, random).keys;
const quorum = quorumFixture(3, 2, random);
const digest = new Uint8Array(32).fill(7);

let paperKey: ReturnType<typeof generatePaperKey> | undefined;
/** 512 bits: the only size that is made in a moment. */
function paper(): ReturnType<typeof generatePaperKey> {
  paperKey ??= generatePaperKey(portableEngine, 512, seededRandom('paper'));
  return paperKey;
}
const context = { owner: Uint8Array.of(1), session: new Uint8Array(32) };

/** Encodings that other parties, ledgers and committee members send. */
export const CRYPTO_TARGETS: readonly Target[] = [
  {
    name: 'crypto/certificate',
    about: 'a certificate in DER and its chain to a root',
    format: 'der',
    sources: ['crypto/src/identity/'],
    seeds: () => [certificates[1] as Uint8Array],
    parse: (input) => verifyCertificateChain(parseCertificate(input), trust).length,
    accepts,
  },
  {
    name: 'crypto/certificate-pem',
    about: 'a certificate as PEM',
    format: 'pem',
    sources: ['crypto/src/identity/certificate.ts', 'crypto/src/identity/der.ts'],
    seeds: () => certificates.map((der) => bytesOf(certificatePem(der))),
    parse: (input) => parseCertificatePem(textOf(input)),
    accepts,
  },
  small(
    'ecdsa-signature',
    'an ECDSA signature in DER',
    'der',
    ['crypto/src/identity/ecdsa.ts', 'crypto/src/identity/der.ts'],
    [Uint8Array.of(0x30, 6, 2, 1, 5, 2, 1, 7)],
    parseEcdsaDer,
  ),
  small(
    'ethereum-signature',
    'an Ethereum signature of 64 or 65 bytes',
    'bytes',
    ['crypto/src/identity/ethereum.ts'],
    [
      Uint8Array.of(...new Uint8Array(31), 5, ...new Uint8Array(31), 7, 27),
      Uint8Array.of(...new Uint8Array(31), 1, ...new Uint8Array(31), 7),
    ],
    (input) => recoverEthereumAddress(digest, input),
  ),
  {
    name: 'crypto/statement',
    about: "a committee's statement as bytes",
    format: 'bytes',
    sources: ['crypto/src/encoding/'],
    seeds: () => statements.map((statement) => encodeStatement(statement, domain)),
    parse: (input) => parseStatement(input, domain),
    write: (statement: Statement) => encodeStatement(statement, domain),
    canonical: true,
    accepts,
  },
  {
    name: 'crypto/statement-json',
    about: "a committee's statement as JSON",
    format: 'json',
    sources: ['crypto/src/encoding/'],
    seeds: () => statements.map((statement) => bytesOf(JSON.stringify(statementToJson(statement)))),
    parse: (input) => {
      const json = jsonOr(input, {});
      // Its callers hand it an object of texts, as their schemas say.
      if (typeof json !== 'object' || json === null) return undefined;
      if (!Object.values(json).every((value) => typeof value === 'string')) return undefined;
      return encodeStatement(statementFromJson(json as Record<string, string>), domain);
    },
    accepts,
  },
  {
    name: 'crypto/paillier-ciphertext',
    about: 'a Paillier ciphertext',
    format: 'bytes',
    sources: ['crypto/src/paillier/cipher.ts', 'crypto/src/paillier/integers.ts'],
    seeds: () => [encodeCiphertext(paper().public, 12_345n as Ciphertext)],
    parse: (input) => parseCiphertext(paper().public, input),
    write: (c: Ciphertext) => encodeCiphertext(paper().public, c),
    canonical: true,
    accepts,
    maxBytes: SHORT,
  },
  {
    name: 'crypto/paillier-modulus',
    about: "a peer's modulus with its proof",
    format: 'bytes',
    sources: ['crypto/src/paillier/'],
    seeds: () => {
      const n = Buffer.from(paper().public.n.toString(16).padStart(128, '0'), 'hex');
      return [Uint8Array.from(Buffer.concat([n, proveModulus(paper(), context, portableEngine)]))];
    },
    parse: (input) =>
      acceptPaperModulus(input.subarray(0, 64), context, input.subarray(64), portableEngine).bits,
    accepts,
    maxBytes: SHORT,
  },
  {
    name: 'crypto/keygen-packet',
    about: 'a signed packet of distributed key generation',
    format: 'bytes',
    sources: ['crypto/src/dkg/packets.ts'],
    seeds: () => [encodePacket(packet)],
    parse: parsePacket,
    write: (value: Packet) => encodePacket(value),
    canonical: true,
    accepts,
    maxBytes: SHORT,
  },
  small(
    'keygen-deal',
    "a dealer's commitments and encrypted shares",
    'bytes',
    ['crypto/src/dkg/bodies.ts', 'crypto/src/group/'],
    [
      encodeDeal([point, point], new Uint8Array(group.pointLength + 32), [
        new Uint8Array(80),
        new Uint8Array(80),
      ]),
    ],
    (input) => parseDeal(group, 2, 2, input),
  ),
  small(
    'keygen-complaint',
    'dealers that a member complains about',
    'bytes',
    ['crypto/src/dkg/bodies.ts'],
    [encodeComplaint([1, 3, 7])],
    (input) => parseComplaint(8, input),
  ),
  small(
    'keygen-answer',
    'shares that a dealer publishes',
    'bytes',
    ['crypto/src/dkg/bodies.ts'],
    [
      encodeAnswer([
        { member: 1, share: 5n },
        { member: 4, share: 9n },
      ]),
    ],
    (input) => parseAnswer(8, 1n << 255n, input),
  ),
  small(
    'bls-points',
    'points of BLS12-381, affine and compressed',
    'bytes',
    ['crypto/src/bls/points.ts'],
    [
      encodePoint(nobleEngine.g1, nobleEngine.g1.generator),
      encodePoint(nobleEngine.g2, nobleEngine.g2.generator),
      compressAffine(encodePoint(nobleEngine.g1, nobleEngine.g1.generator)),
    ],
    (input) => {
      if (input.length === 96) return parseMember(nobleEngine.g1, input);
      if (input.length === 48) return parseCompressed(nobleEngine.g1, input);
      return parseMember(nobleEngine.g2, input);
    },
  ),
  {
    name: 'crypto/signers-bitmap',
    about: 'who signed a multi-signature',
    format: 'bytes',
    sources: ['crypto/src/bls/multisig.ts'],
    seeds: () => [encodeSigners(new Set([0, 3, 9]), 10)],
    parse: (input) => parseSigners(input, 10),
    write: (signers: readonly number[]) => encodeSigners(new Set(signers), 10),
    canonical: true,
    accepts,
    maxBytes: 64,
  },
  small(
    'frost-commitment',
    "a signer's commitment",
    'bytes',
    ['crypto/src/frost/signer.ts'],
    [new Uint8Array(66).fill(2)],
    (input) =>
      parseCommitments(frost, {
        message: digest,
        commitments: new Map([
          [1, input],
          [2, input],
        ]),
      }),
  ),
  small(
    'quorum-proof',
    'a proof of a quorum of signatures',
    'bytes',
    ['crypto/src/quorum/'],
    [quorum.sign(digest)],
    (input) => quorum.verifier.verify(digest, input),
  ),
  small(
    'hpke',
    'a message sealed to a key',
    'bytes',
    ['crypto/src/session/'],
    [Uint8Array.from(sealed)],
    (input) =>
      hpkeRecipient(input.slice(0, 32), own, { info: INFO }, other.publicKey).open(
        INFO,
        input.subarray(32),
      ),
  ),
  small(
    'noise',
    'the first message of a handshake',
    'bytes',
    ['crypto/src/session/'],
    [handshake],
    (input) => acceptHandshake(own, INFO, input, seededRandom('reply')).payload,
  ),
  {
    name: 'crypto/rlp',
    about: 'RLP, from which headers, receipts and proofs are made',
    format: 'rlp',
    sources: ['crypto/src/ethereum/rlp.ts'],
    seeds: () => [encodeRlp(header), encodeRlp([[], [bytesOf('a'), new Uint8Array(60)]])],
    parse: decodeRlp,
    write: (value: Rlp) => encodeRlp(value),
    canonical: true,
    accepts,
  },
  small(
    'ethereum-header',
    "a block's header in RLP",
    'rlp',
    ['crypto/src/ethereum/'],
    [encodeRlp(header)],
    parseEthereumHeader,
  ),
  {
    name: 'crypto/ethereum-receipt',
    about: 'a receipt in RLP',
    format: 'rlp',
    sources: ['crypto/src/ethereum/receipt.ts', 'crypto/src/ethereum/rlp.ts'],
    seeds: () => [encodeReceipt(receipt), encodeReceipt({ ...receipt, type: 0 })],
    parse: parseReceipt,
    write: (value: EthereumReceipt) => encodeReceipt(value),
    canonical: true,
    accepts,
  },
  {
    name: 'crypto/trie-proof',
    about: 'the nodes of a Merkle-Patricia proof',
    format: 'json',
    sources: ['crypto/src/ethereum/trie.ts', 'crypto/src/ethereum/rlp.ts'],
    seeds: () => [bytesOf(JSON.stringify(proof.nodes.map(hex)))],
    parse: (input) => {
      const nodes = jsonOr(input, []);
      const list = Array.isArray(nodes) ? nodes.map(unhex) : [];
      // Whoever makes a proof chooses the root's preimage too: the first node is always right.
      return readTrie(rootOf(list[0]), receiptKey(1), list);
    },
    accepts,
  },
  small(
    'fabric-block',
    'a block, read without a protobuf library',
    'protobuf',
    ['crypto/src/fabric/'],
    [
      signedBlock({
        number: 3,
        previousHash: new Uint8Array(32).fill(1),
        envelopes: [claimEnvelope('ab'.repeat(32))],
        flags: [0],
      }).serializeBinary(),
    ],
    parseFabricBlock,
  ),
];

function small(
  name: string,
  about: string,
  format: Target['format'],
  sources: readonly string[],
  seeds: readonly Uint8Array[],
  parse: (input: Uint8Array) => unknown,
): Target {
  return {
    name: `crypto/${name}`,
    about,
    format,
    sources,
    seeds: () => seeds,
    parse,
    accepts,
    maxBytes: SHORT,
  };
}

function rootOf(node: Uint8Array | undefined): Uint8Array {
  return node === undefined ? proof.root : keccak_256(node);
}
