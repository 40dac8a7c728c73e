import type { Address } from '@midlock/protocol';

/** A party's Ethereum key: in memory, a file, a keystore or far away. Fits ledgers' `EthereumSigner`. */
export interface EthereumDigestSigner {
  readonly address: Address;
  /** Signs a 32-byte digest; r, s, v as 65 bytes, v = 27 or 28, s low. */
  signDigest(digest: Uint8Array): Promise<Uint8Array>;
}

/** A party's Fabric key with the certificate that carries its public half. Fits ledgers' `FabricIdentity`. */
export interface FabricDigestSigner {
  readonly mspId: string;
  /** PEM. */
  readonly certificate: string;
  readonly signer: {
    /** Signs a 32-byte digest; ECDSA over P-256 in DER, s low. */
    sign(digest: Uint8Array): Promise<Uint8Array>;
  };
}

export interface PartySigners {
  readonly ethereum: EthereumDigestSigner;
  readonly fabric: FabricDigestSigner;
}
