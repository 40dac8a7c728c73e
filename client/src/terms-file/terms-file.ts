import { X509Certificate } from 'node:crypto';
import {
  MidlockError,
  acceptanceDigest,
  canonicalJson,
  fabricAccount,
  fromHex,
  parseTerms,
  sameAccount,
  shown,
  swapIdOf,
  termsToJson,
  toHex,
  type Address,
  type FabricAccount,
  type SwapTerms,
} from '@midlock/protocol';
import type { FabricDigestSigner, PartySigners } from './signers.ts';
import { verifyEthereumSignature, verifyFabricSignature } from './verify-signature.ts';

export type PartyRole = 'initiator' | 'responder';

/** One party's signatures over the acceptance digest, by its keys on both ledgers; hex. */
export interface Acceptance {
  /** 65 bytes r, s, v. */
  readonly ethereumSignature: string;
  /** DER, low s. */
  readonly fabricSignature: string;
  /** SubjectPublicKeyInfo in DER; its SHA-256 is the account's key. */
  readonly fabricPublicKey: string;
}

/** The file that travels between the parties: terms and who has signed them. */
export interface TermsFile {
  readonly version: 1;
  readonly terms: SwapTerms;
  readonly acceptances: Readonly<Partial<Record<PartyRole, Acceptance>>>;
}

/** A party's accounts on both ledgers. */
export interface PartyAccounts {
  readonly fabric: FabricAccount;
  readonly ethereum: Address;
}

const HEX_LIMIT = 600;

/** Who the parties are: the initiator owns the long leg and receives the short one. */
export function partyOf(
  { direction, fabric, ethereum }: SwapTerms,
  role: PartyRole,
): PartyAccounts {
  const ownsFabric = (role === 'initiator') === (direction === 'fabric-first');
  return ownsFabric
    ? { fabric: fabric.owner, ethereum: ethereum.beneficiary }
    : { fabric: fabric.beneficiary, ethereum: ethereum.owner };
}

/** The role of a party in terms. Throws NOT_OWNER when it is neither. */
export function roleIn(terms: SwapTerms, accounts: PartyAccounts): PartyRole {
  for (const role of ['initiator', 'responder'] as const) {
    const party = partyOf(terms, role);
    if (sameAccount(party.fabric, accounts.fabric) && party.ethereum === accounts.ethereum)
      return role;
  }
  throw new MidlockError('NOT_OWNER', { swapId: swapIdOf(terms), ethereum: accounts.ethereum });
}

/** The accounts that a party's keys stand for. Throws IDENTITY_INVALID for an unreadable certificate. */
export function accountsOf(signers: PartySigners): PartyAccounts {
  return {
    fabric: fabricAccount(signers.fabric.mspId, fabricPublicKeyOf(signers.fabric)),
    ethereum: signers.ethereum.address,
  };
}

/** Signs terms with both keys of a party. Throws NOT_OWNER when the party is not in them. */
export async function signTerms(file: TermsFile, signers: PartySigners): Promise<TermsFile> {
  const role = roleIn(file.terms, accountsOf(signers));
  const digest = fromHex(acceptanceDigest(file.terms));
  const [ethereum, fabric] = await Promise.all([
    signers.ethereum.signDigest(digest),
    signers.fabric.signer.sign(digest),
  ]);
  const acceptance: Acceptance = {
    ethereumSignature: toHex(ethereum),
    fabricSignature: toHex(fabric),
    fabricPublicKey: toHex(fabricPublicKeyOf(signers.fabric)),
  };
  return { ...file, acceptances: { ...file.acceptances, [role]: acceptance } };
}

/** True iff a party has signed these terms with both its keys. */
export function verifyAcceptance(file: TermsFile, role: PartyRole): boolean {
  const acceptance = file.acceptances[role];
  if (acceptance === undefined) return false;
  const digest = fromHex(acceptanceDigest(file.terms));
  const { fabric, ethereum } = partyOf(file.terms, role);
  return (
    verifyEthereumSignature(ethereum, digest, fromHex(acceptance.ethereumSignature)) &&
    verifyFabricSignature(
      fabric,
      digest,
      acceptance.fabricPublicKey,
      fromHex(acceptance.fabricSignature),
    )
  );
}

/**
 * Reads a terms file of at most 32 KiB and checks every signature that it carries.
 * @throws {MidlockError} TERMS_* and AMOUNT_INVALID; TERMS_SIGNATURE_INVALID for a signature that does not verify.
 */
export function parseTermsFile(text: string): TermsFile {
  if (text.length > 32_768) throw field('file', 'at most 32 KiB');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw field('file', 'JSON');
  }
  return readTermsFile(value);
}

/** As {@link parseTermsFile}, from parsed JSON. */
export function readTermsFile(value: unknown): TermsFile {
  const root = members(value, 'file', ['version', 'terms', 'acceptances']);
  if (root['version'] !== 1)
    throw new MidlockError('TERMS_VERSION_UNKNOWN', {
      version: shown(root['version']),
    });
  const listed = members(root['acceptances'] ?? {}, 'acceptances', ['initiator', 'responder']);
  const file: TermsFile = {
    version: 1,
    terms: parseTerms(root['terms']),
    acceptances: Object.fromEntries(
      Object.entries(listed).map(([role, acceptance]) => [role, readAcceptance(acceptance, role)]),
    ),
  };
  for (const role of ['initiator', 'responder'] as const) {
    if (file.acceptances[role] !== undefined && !verifyAcceptance(file, role))
      throw new MidlockError('TERMS_SIGNATURE_INVALID', { role });
  }
  return file;
}

/** True iff both parties have signed; signatures are checked anew. */
export function isAccepted(file: TermsFile): boolean {
  return verifyAcceptance(file, 'initiator') && verifyAcceptance(file, 'responder');
}

/** The JSON members of a terms file. */
export function termsFileToJson({ terms, acceptances }: TermsFile): Record<string, unknown> {
  return { version: 1, terms: termsToJson(terms), acceptances };
}

/** Canonical text of a terms file. */
export function termsFileText(file: TermsFile): string {
  return canonicalJson(termsFileToJson(file));
}

/** Joins the signatures of two copies of one file. Throws TERMS_MISMATCH when the terms differ. */
export function mergeTermsFiles(a: TermsFile, b: TermsFile): TermsFile {
  if (swapIdOf(a.terms) !== swapIdOf(b.terms))
    throw new MidlockError('TERMS_MISMATCH', { field: 'swapId' });
  return { ...a, acceptances: { ...b.acceptances, ...a.acceptances } };
}

function readAcceptance(value: unknown, role: string): Acceptance {
  const names = ['ethereumSignature', 'fabricSignature', 'fabricPublicKey'] as const;
  const acceptance = members(value, `acceptances.${role}`, names);
  for (const name of names) {
    const text = acceptance[name];
    if (typeof text !== 'string' || text.length > HEX_LIMIT || !/^0x(?:[0-9a-f]{2})+$/.test(text))
      throw field(`acceptances.${role}.${name}`, 'bytes as 0x and lower-case hex');
  }
  return acceptance as unknown as Acceptance;
}

function members(value: unknown, name: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw field(name, 'an object');
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      throw new MidlockError('TERMS_UNKNOWN_FIELD', { field: `${name}.${key.slice(0, 40)}` });
  }
  return value as Record<string, unknown>;
}

/** The public half of a Fabric key: SubjectPublicKeyInfo in DER. Throws IDENTITY_INVALID for an unreadable certificate. */
export function fabricPublicKeyOf({ mspId, certificate }: FabricDigestSigner): Uint8Array {
  try {
    return new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { mspId, reason: 'not a certificate' });
  }
}

function field(name: string, expected: string): MidlockError {
  return new MidlockError('TERMS_FIELD_INVALID', { field: name, expected });
}
