export {
  CryptoError,
  isCryptoError,
  type CryptoErrorCode,
  type CryptoErrorData,
} from './errors.ts';

export { STATEMENT_DOMAIN_TAG, STATEMENT_TAGS } from './encoding/domains.ts';
export {
  domainFromJson,
  statementFromJson,
  statementToJson,
  type StatementDomainJson,
  type StatementJson,
} from './encoding/statement-json.ts';
export {
  LEDGERS,
  SCHEMES,
  type Ledger,
  type Scheme,
  type Statement,
  type StatementDomain,
  type StatementKind,
} from './encoding/statement-schema.ts';
export {
  encodeStatement,
  parseStatement,
  statementDigest,
  statementDomainHash,
} from './encoding/statement.ts';

export { parseCertificate, parseCertificatePem, type Certificate } from './identity/certificate.ts';
export { verifyEd25519 } from './identity/ed25519.ts';
export {
  ethereumAddress,
  parseEthereumSignature,
  recoverEthereumAddress,
  verifyEthereumSignature,
  type EthereumSignature,
} from './identity/ethereum.ts';
export {
  certificateKeyHash,
  revocationKey,
  verifyCertificateChain,
  verifyFabricSignature,
  type FabricTrust,
} from './identity/fabric.ts';
export {
  hashStruct,
  typedDataDigest,
  type TypedData,
  type TypedDataTypes,
} from './identity/typed-data.ts';

export {
  addCiphertexts,
  decrypt,
  encodeCiphertext,
  encrypt,
  encryptWithUnit,
  parseCiphertext,
  randomUnit,
  verifyProduct,
  type Ciphertext,
} from './paillier/cipher.ts';
export { divide, idToInteger, integerToId, recombine, MAX_FRAGMENTS } from './paillier/divide.ts';
export type { PaillierEngine } from './paillier/engine.ts';
export {
  decodeSecretKey,
  encodeSecretKey,
  generateKey,
  generatePaperKey,
  type PaperKey,
  type ProvenKey,
  type PublicKey,
  type SecretKey,
} from './paillier/key.ts';
export {
  acceptModulus,
  acceptPaperModulus,
  proveModulus,
  verifyModulusProof,
  type ProofContext,
} from './paillier/modulus-proof.ts';
export { createUnitPool, type UnitPool } from './paillier/pool.ts';
export { shortExponentEncryptor, type ShortExponentEncryptor } from './paillier/short-exponent.ts';

export {
  hpkeRecipient,
  hpkeSender,
  type HpkeAead,
  type HpkeOptions,
  type HpkeRecipient,
  type HpkeSender,
} from './session/hpke.ts';
export {
  acceptKemBinding,
  kemBindingBytes,
  kemBindingTypedData,
  type BindingSigner,
  type BoundKemKey,
  type KemBinding,
} from './session/kem-binding.ts';
export {
  acceptHandshake,
  startHandshake,
  type InitiatorHandshake,
  type ResponderHandshake,
} from './session/noise-ik.ts';
export type { Transport } from './session/noise-state.ts';
export { createReplayGuard, type ReplayGuard } from './session/replay-guard.ts';
export { openSeal, seal, sealCommitment, type Seal } from './session/seal.ts';
export { generateKemKey, kemKeyPair, type KemKeyPair } from './session/x25519.ts';

export {
  merkleLeaf,
  merkleNode,
  merkleProof,
  merkleRoot,
  verifyMerkleProof,
} from './tree/merkle.ts';

export { parseEthereumHeader, type EthereumHeader } from './ethereum/header.ts';
export {
  encodeReceipt,
  parseReceipt,
  readReceipt,
  receiptKey,
  type EthereumLog,
  type EthereumReceipt,
} from './ethereum/receipt.ts';
export { readAccount, readStorage, type EthereumAccount } from './ethereum/state-proof.ts';
export { buildTrieProof, type TrieEntry, type TrieProof } from './ethereum/trie-builder.ts';
export { readTrie, EMPTY_TRIE_ROOT } from './ethereum/trie.ts';

export {
  fabricDataHash,
  fabricHeaderBytes,
  fabricHeaderHash,
  parseFabricBlock,
  verifyFabricHeaders,
  type FabricBlock,
  type FabricHeader,
} from './fabric/block.ts';
