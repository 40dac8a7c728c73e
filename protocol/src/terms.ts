import { parseAccount, formatAccount, type FabricAccount } from './account.ts';
import { parseAmount, parseDecimal } from './amount.ts';
import { parseAddress, parseHex32, textOf, type Address, type Hex32 } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { check } from './check.ts';
import { MidlockError } from './errors/midlock-error.ts';
import { shown } from './shown.ts';

/** Which leg is locked first and stays open longest. The initiator locks it and owns the secret. */
export type Direction = 'fabric-first' | 'ethereum-first';

export type AssetKind = 'fungible' | 'unique' | 'evidence';

/** What is locked on Fabric. `amount` is in minor units; 1 for unique assets and evidence. */
export interface FabricLeg {
  /** SHA-256 of the channel's genesis block header in Fabric's DER form, 32 bytes. */
  readonly networkId: Hex32;
  readonly channel: string;
  readonly chaincode: string;
  readonly assetKind: AssetKind;
  readonly assetId: string;
  readonly amount: bigint;
  readonly owner: FabricAccount;
  readonly beneficiary: FabricAccount;
  /** Absolute, seconds since 1970: claim iff stamp < T, refund iff stamp >= T + gap. */
  readonly expiresAtSec: bigint;
}

/** What is locked on Ethereum. `token` is {@link ETH} for ether; `amount` is in wei or the token's minor units. */
export interface EthereumLeg {
  readonly chainId: bigint;
  readonly escrow: Address;
  readonly token: Address;
  readonly amount: bigint;
  readonly owner: Address;
  readonly beneficiary: Address;
  /** Absolute, seconds since 1970: claim iff block.timestamp < T, refund iff >= T. */
  readonly expiresAtSec: bigint;
}

/** A swap, complete: both legs, both deadlines, the hash lock and the nonce from which the initiator derives the secret. */
export interface SwapTerms {
  readonly version: 1;
  readonly direction: Direction;
  readonly hashLock: Hex32;
  readonly nonce: Hex32;
  readonly fabric: FabricLeg;
  readonly ethereum: EthereumLeg;
}

/** The terms as JSON members: numbers as decimal strings, accounts as text. This is the shape in files, on Fabric and in the API. */
export interface SwapTermsJson {
  readonly version: 1;
  readonly direction: Direction;
  readonly hashLock: string;
  readonly nonce: string;
  readonly fabric: { readonly [K in keyof FabricLeg]: string };
  readonly ethereum: { readonly [K in keyof EthereumLeg]: string };
}

const FABRIC_FIELDS = [
  'networkId',
  'channel',
  'chaincode',
  'assetKind',
  'assetId',
  'amount',
  'owner',
  'beneficiary',
  'expiresAtSec',
];
const ETHEREUM_FIELDS = [
  'chainId',
  'escrow',
  'token',
  'amount',
  'owner',
  'beneficiary',
  'expiresAtSec',
];
const TERMS_FIELDS = ['version', 'direction', 'hashLock', 'nonce', 'fabric', 'ethereum'];
const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;
const MAX_SEC = 1n << 40n;

/**
 * Reads terms from parsed JSON; every field present, none unknown, each canonical.
 * @throws {MidlockError} TERMS_FIELD_INVALID, TERMS_UNKNOWN_FIELD, TERMS_VERSION_UNKNOWN, AMOUNT_INVALID.
 */
export function parseTerms(value: unknown): SwapTerms {
  const terms = record(value, 'terms', TERMS_FIELDS);
  check('terms.version', terms['version'] === 1, 'TERMS_VERSION_UNKNOWN', () => ({
    version: shown(terms['version']),
  }));
  const direction = terms['direction'];
  check(
    'terms.direction',
    direction === 'fabric-first' || direction === 'ethereum-first',
    'TERMS_FIELD_INVALID',
    { field: 'direction', expected: 'fabric-first or ethereum-first' },
  );
  return {
    version: 1,
    direction: direction,
    hashLock: nonZero(parseHex32(terms['hashLock'], 'hashLock'), 'hashLock'),
    nonce: parseHex32(terms['nonce'], 'nonce'),
    fabric: parseFabricLeg(terms['fabric']),
    ethereum: parseEthereumLeg(terms['ethereum']),
  };
}

/** Reads terms from JSON text of at most 16 KiB. Throws as {@link parseTerms}. */
export function parseTermsText(text: string): SwapTerms {
  const size = { field: 'terms', expected: 'at most 16 KiB' };
  check('terms.size', text.length <= 16_384, 'TERMS_FIELD_INVALID', size);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new MidlockError('TERMS_FIELD_INVALID', { field: 'terms', expected: 'JSON' });
  }
  return parseTerms(value);
}

/** The JSON members of terms; `parseTerms(termsToJson(t))` equals `t`. */
export function termsToJson(terms: SwapTerms): SwapTermsJson {
  const { fabric, ethereum } = terms;
  return {
    version: 1,
    direction: terms.direction,
    hashLock: terms.hashLock,
    nonce: terms.nonce,
    fabric: {
      networkId: fabric.networkId,
      channel: fabric.channel,
      chaincode: fabric.chaincode,
      assetKind: fabric.assetKind,
      assetId: fabric.assetId,
      amount: String(fabric.amount),
      owner: formatAccount(fabric.owner),
      beneficiary: formatAccount(fabric.beneficiary),
      expiresAtSec: String(fabric.expiresAtSec),
    },
    ethereum: {
      chainId: String(ethereum.chainId),
      escrow: ethereum.escrow,
      token: ethereum.token,
      amount: String(ethereum.amount),
      owner: ethereum.owner,
      beneficiary: ethereum.beneficiary,
      expiresAtSec: String(ethereum.expiresAtSec),
    },
  };
}

/** Canonical text of the terms: equal terms have equal bytes. */
export function termsText(terms: SwapTerms): string {
  return canonicalJson(termsToJson(terms));
}

/** Parses a Fabric leg. Throws as {@link parseTerms}. */
export function parseFabricLeg(value: unknown): FabricLeg {
  const leg = record(value, 'fabric', FABRIC_FIELDS);
  const assetKind = leg['assetKind'];
  check(
    'terms.asset-kind',
    assetKind === 'fungible' || assetKind === 'unique' || assetKind === 'evidence',
    'TERMS_FIELD_INVALID',
    { field: 'fabric.assetKind', expected: 'fungible, unique or evidence' },
  );
  const amount = parseAmount(leg['amount'], 'fabric.amount');
  check('terms.one-of-a-kind', assetKind === 'fungible' || amount === 1n, 'AMOUNT_INVALID', {
    field: 'fabric.amount',
    expected: '1',
  });
  return {
    networkId: nonZero(parseHex32(leg['networkId'], 'fabric.networkId'), 'fabric.networkId'),
    channel: parseName(leg['channel'], 'fabric.channel'),
    chaincode: parseName(leg['chaincode'], 'fabric.chaincode'),
    assetKind: assetKind,
    assetId: parseName(leg['assetId'], 'fabric.assetId'),
    amount,
    owner: parseAccount(leg['owner'], 'fabric.owner'),
    beneficiary: parseAccount(leg['beneficiary'], 'fabric.beneficiary'),
    expiresAtSec: parseSeconds(leg['expiresAtSec'], 'fabric.expiresAtSec'),
  };
}

function parseEthereumLeg(value: unknown): EthereumLeg {
  const leg = record(value, 'ethereum', ETHEREUM_FIELDS);
  const chainId = parseDecimal(leg['chainId'], 'ethereum.chainId');
  const data = { field: 'ethereum.chainId', expected: '1 to 2^64-1' };
  check('terms.chain-id-positive', chainId > 0n, 'TERMS_FIELD_INVALID', data);
  check('terms.chain-id-fits', chainId < 1n << 64n, 'TERMS_FIELD_INVALID', data);
  return {
    chainId,
    escrow: nonZero(parseAddress(leg['escrow'], 'ethereum.escrow'), 'ethereum.escrow'),
    token: parseAddress(leg['token'], 'ethereum.token'),
    amount: parseAmount(leg['amount'], 'ethereum.amount'),
    owner: nonZero(parseAddress(leg['owner'], 'ethereum.owner'), 'ethereum.owner'),
    beneficiary: nonZero(
      parseAddress(leg['beneficiary'], 'ethereum.beneficiary'),
      'ethereum.beneficiary',
    ),
    expiresAtSec: parseSeconds(leg['expiresAtSec'], 'ethereum.expiresAtSec'),
  };
}

/** A name that is safe in ledger keys, URLs and logs: letters, digits, `. _ : -`, at most 128. Throws TERMS_FIELD_INVALID. */
export function parseName(value: unknown, field: string): string {
  const text = textOf(value);
  const data = { field, expected: '1 to 128 of letters, digits, . _ : -' };
  check('terms.name', NAME.test(text), 'TERMS_FIELD_INVALID', data);
  return text;
}

function parseSeconds(value: unknown, field: string): bigint {
  const seconds = parseDecimal(value, field);
  const data = { field, expected: 'seconds since 1970' };
  check('terms.seconds-positive', seconds > 0n, 'TERMS_FIELD_INVALID', data);
  check('terms.seconds-fit', seconds < MAX_SEC, 'TERMS_FIELD_INVALID', data);
  return seconds;
}

function nonZero<T extends string>(hex: T, field: string): T {
  const data = { field, expected: 'not zero' };
  check('terms.not-zero', !/^0x0*$/.test(hex), 'TERMS_FIELD_INVALID', data);
  return hex;
}

function record(value: unknown, field: string, known: readonly string[]): Record<string, unknown> {
  check(
    'terms.object',
    typeof value === 'object' && value !== null && !Array.isArray(value),
    'TERMS_FIELD_INVALID',
    { field, expected: 'an object' },
  );
  for (const key of Object.keys(value))
    check('terms.known-fields', known.includes(key), 'TERMS_UNKNOWN_FIELD', () => ({
      field: `${field}.${key.slice(0, 40)}`,
    }));
  return value as Record<string, unknown>;
}
