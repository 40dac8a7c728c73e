import { keccak_256 } from '@noble/hashes/sha3.js';
import type { FabricAccount } from './account.ts';
import { concatBytes, fromHex, toHex32, type Address, type Hex32 } from './bytes.ts';
import type { Direction, EthereumLeg, FabricLeg, SwapTerms } from './terms.ts';

/**
 * EIP-712 types of a swap, readable in any wallet. `swapId` is the struct hash of `Swap`; the Ethereum contract
 * computes its own leg and takes the struct hash of `Counterpart` as one opaque word.
 */
export const SWAP_TYPES = {
  FabricAccount: [
    { name: 'mspId', type: 'string' },
    { name: 'key', type: 'bytes32' },
  ],
  FabricLeg: [
    { name: 'networkId', type: 'bytes32' },
    { name: 'channel', type: 'string' },
    { name: 'chaincode', type: 'string' },
    { name: 'assetKind', type: 'string' },
    { name: 'assetId', type: 'string' },
    { name: 'amount', type: 'uint256' },
    { name: 'owner', type: 'FabricAccount' },
    { name: 'beneficiary', type: 'FabricAccount' },
    { name: 'expiresAtSec', type: 'uint256' },
  ],
  EthereumLeg: [
    { name: 'chainId', type: 'uint256' },
    { name: 'escrow', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
    { name: 'owner', type: 'address' },
    { name: 'beneficiary', type: 'address' },
    { name: 'expiresAtSec', type: 'uint256' },
  ],
  Counterpart: [
    { name: 'version', type: 'uint8' },
    { name: 'direction', type: 'uint8' },
    { name: 'nonce', type: 'bytes32' },
    { name: 'fabric', type: 'FabricLeg' },
  ],
  Swap: [
    { name: 'ethereum', type: 'EthereumLeg' },
    { name: 'hashLock', type: 'bytes32' },
    { name: 'counterpart', type: 'Counterpart' },
  ],
} as const;

/** The type string of one struct with its dependencies in name order (EIP-712, encodeType). */
export function typeString(name: keyof typeof SWAP_TYPES): string {
  const dependencies = new Set<keyof typeof SWAP_TYPES>();
  collect(name, dependencies);
  dependencies.delete(name);
  return [name, ...[...dependencies].sort()].map(render).join('');
}

const ACCOUNT_TYPEHASH = hashText(typeString('FabricAccount'));
const FABRIC_LEG_TYPEHASH = hashText(typeString('FabricLeg'));
const ETHEREUM_LEG_TYPEHASH = hashText(typeString('EthereumLeg'));
const COUNTERPART_TYPEHASH = hashText(typeString('Counterpart'));
const SWAP_TYPEHASH = hashText(typeString('Swap'));
const DOMAIN_TYPEHASH = hashText(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
);

const DIRECTION_WORD: Record<Direction, bigint> = { 'fabric-first': 0n, 'ethereum-first': 1n };

/** 32-byte hash of the Fabric leg. */
export function fabricLegHash(leg: FabricLeg): Hex32 {
  return toHex32(
    keccak(
      FABRIC_LEG_TYPEHASH,
      fromHex(leg.networkId),
      hashText(leg.channel),
      hashText(leg.chaincode),
      hashText(leg.assetKind),
      hashText(leg.assetId),
      word(leg.amount),
      accountHash(leg.owner),
      accountHash(leg.beneficiary),
      word(leg.expiresAtSec),
    ),
  );
}

/** 32-byte hash of the Ethereum leg. */
export function ethereumLegHash(leg: EthereumLeg): Hex32 {
  return toHex32(
    keccak(
      ETHEREUM_LEG_TYPEHASH,
      word(leg.chainId),
      addressWord(leg.escrow),
      addressWord(leg.token),
      word(leg.amount),
      addressWord(leg.owner),
      addressWord(leg.beneficiary),
      word(leg.expiresAtSec),
    ),
  );
}

/** The opaque word that the Ethereum contract takes: 32-byte hash of version, direction, nonce and Fabric leg. */
export function counterpartHash(terms: SwapTerms): Hex32 {
  return toHex32(
    keccak(
      COUNTERPART_TYPEHASH,
      word(BigInt(terms.version)),
      word(DIRECTION_WORD[terms.direction]),
      fromHex(terms.nonce),
      fromHex(fabricLegHash(terms.fabric)),
    ),
  );
}

/** The swap's id, 32 bytes, equal in Solidity, chaincode and here (vectors/swap-ids.json). */
export function swapIdOf(terms: SwapTerms): Hex32 {
  return toHex32(
    keccak(
      SWAP_TYPEHASH,
      fromHex(ethereumLegHash(terms.ethereum)),
      fromHex(terms.hashLock),
      fromHex(counterpartHash(terms)),
    ),
  );
}

/** EIP-712 domain separator of an escrow: name "Midlock", version "1". */
export function domainSeparator(chainId: bigint, escrow: Address): Hex32 {
  return toHex32(
    keccak(DOMAIN_TYPEHASH, hashText('Midlock'), hashText('1'), word(chainId), addressWord(escrow)),
  );
}

/** What both parties sign to accept: EIP-712 digest of the swap under its escrow's domain, 32 bytes. Wallets show every field. */
export function acceptanceDigest(terms: SwapTerms): Hex32 {
  const domain = domainSeparator(terms.ethereum.chainId, terms.ethereum.escrow);
  return toHex32(keccak(Uint8Array.of(0x19, 0x01), fromHex(domain), fromHex(swapIdOf(terms))));
}

/** Domain of the initiator's secret: both networks and nothing that can be chosen later; 32 bytes. */
export function secretDomain(terms: Pick<SwapTerms, 'fabric' | 'ethereum'>): Hex32 {
  return toHex32(
    keccak(
      hashText('midlock/secret-domain/v1'),
      fromHex(terms.fabric.networkId),
      hashText(terms.fabric.channel),
      hashText(terms.fabric.chaincode),
      word(terms.ethereum.chainId),
      addressWord(terms.ethereum.escrow),
    ),
  );
}

function accountHash(account: FabricAccount): Uint8Array {
  return keccak(ACCOUNT_TYPEHASH, hashText(account.mspId), fromHex(account.key));
}

function word(value: bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, '0')}`);
}

function addressWord(address: Address): Uint8Array {
  return concatBytes(new Uint8Array(12), fromHex(address));
}

function hashText(text: string): Uint8Array {
  return keccak_256(new TextEncoder().encode(text));
}

function keccak(...parts: readonly Uint8Array[]): Uint8Array {
  return keccak_256(concatBytes(...parts));
}

function render(name: keyof typeof SWAP_TYPES): string {
  return `${name}(${SWAP_TYPES[name].map((field) => `${field.type} ${field.name}`).join(',')})`;
}

function collect(name: keyof typeof SWAP_TYPES, found: Set<keyof typeof SWAP_TYPES>): void {
  if (found.has(name)) return;
  found.add(name);
  for (const field of SWAP_TYPES[name]) {
    if (Object.hasOwn(SWAP_TYPES, field.type))
      collect(field.type as keyof typeof SWAP_TYPES, found);
  }
}
