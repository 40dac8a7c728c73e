import { keccak_256 } from '@noble/hashes/sha3.js';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { bytesInteger, integerBytes, lengthPrefixed, sameBytes, utf8 } from './bytes.ts';
import { STATEMENT_DOMAIN_TAG, STATEMENT_TAGS } from './domains.ts';
import {
  LEDGERS,
  SCHEMES,
  STATEMENT_FIELDS,
  type FieldType,
  type Statement,
  type StatementDomain,
  type StatementKind,
} from './statement-schema.ts';

/** Longest `bytes` field: a public key of any scheme, a Fabric account, an asset id. */
export const MAX_FIELD_BYTES = 256;

/** 32-byte hash of tag, chain id, contract, network, channel and chaincode. Throws CRYPTO_RANGE for a malformed one. */
export function statementDomainHash(domain: StatementDomain): Uint8Array {
  check('statement.contract-length', domain.contract.length === 20, 'CRYPTO_RANGE', {
    field: 'contract',
  });
  check('statement.network-length', domain.networkId.length === 32, 'CRYPTO_RANGE', {
    field: 'networkId',
  });
  const [channel, chaincode] = [utf8(domain.channel), utf8(domain.chaincode)];
  return keccak_256(
    lengthPrefixed(
      utf8(STATEMENT_DOMAIN_TAG),
      integerBytes(domain.chainId, 8),
      domain.contract,
      domain.networkId,
      channel,
      chaincode,
    ),
  );
}

/**
 * The canonical bytes of a statement: tag, domain hash, epoch, roster hash and the fields of its kind, each behind its length
 * (32 bit, big-endian). Equal in Solidity (evm/contracts/verify/encoding/Statements.sol) and in chaincode, which runs this file.
 * @throws {CryptoError} CRYPTO_RANGE for a field out of range.
 */
export function encodeStatement(statement: Statement, domain: StatementDomain): Uint8Array {
  const values = statement as unknown as Readonly<Record<string, unknown>>;
  return lengthPrefixed(
    utf8(STATEMENT_TAGS[statement.kind]),
    statementDomainHash(domain),
    encodeField('uint64', statement.epoch, 'epoch'),
    encodeField('bytes32', statement.rosterHash, 'rosterHash'),
    ...STATEMENT_FIELDS[statement.kind].map(([name, type]) =>
      encodeField(type, values[name], name),
    ),
  );
}

/** What a committee signs: keccak256 of {@link encodeStatement}'s bytes, 32 bytes. */
export function statementDigest(statement: Statement, domain: StatementDomain): Uint8Array {
  return keccak_256(encodeStatement(statement, domain));
}

/**
 * Reads {@link encodeStatement}'s bytes: the only bytes that a statement has.
 * @throws {CryptoError} CRYPTO_ENCODING for anything not canonical, CRYPTO_DOMAIN for another domain.
 */
export function parseStatement(bytes: Uint8Array, domain: StatementDomain): Statement {
  const parts = splitParts(bytes);
  const kind = kindOf(parts[0]);
  const fields = STATEMENT_FIELDS[kind];
  check('statement.field-count', parts.length === fields.length + 4, 'CRYPTO_ENCODING', { kind });
  const [, domainHash, epoch, rosterHash, ...rest] = parts as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    ...Uint8Array[],
  ];
  check('statement.domain', sameBytes(domainHash, statementDomainHash(domain)), 'CRYPTO_DOMAIN', {
    kind,
  });
  return {
    kind,
    epoch: decodeField('uint64', epoch, 'epoch'),
    rosterHash: decodeField('bytes32', rosterHash, 'rosterHash'),
    ...Object.fromEntries(
      fields.map(([name, type], i) => [
        name,
        decodeField(type, rest[i] ?? new Uint8Array(0), name),
      ]),
    ),
  } as unknown as Statement;
}

function kindOf(tag: Uint8Array | undefined): StatementKind {
  for (const kind of Object.keys(STATEMENT_TAGS) as StatementKind[]) {
    if (tag !== undefined && sameBytes(tag, utf8(STATEMENT_TAGS[kind]))) return kind;
  }
  throw new CryptoError('CRYPTO_ENCODING', { check: 'statement.tag' });
}

function splitParts(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const end = offset + 4 + Number(bytesInteger(bytes.subarray(offset, offset + 4)));
    check('statement.part-cut', end <= bytes.length, 'CRYPTO_ENCODING');
    parts.push(bytes.slice(offset + 4, end));
    offset = end;
  }
  return parts;
}

function encodeField(type: FieldType, value: unknown, field: string): Uint8Array {
  switch (type) {
    case 'uint64':
    case 'uint256':
      check(
        'statement.number-range',
        typeof value === 'bigint' && value >= 0n && value < 1n << (type === 'uint64' ? 64n : 256n),
        'CRYPTO_RANGE',
        { field },
      );
      return integerBytes(value as bigint, type === 'uint64' ? 8 : 32);
    case 'bytes32':
      check('statement.bytes32-length', (value as Uint8Array).length === 32, 'CRYPTO_RANGE', {
        field,
      });
      return value as Uint8Array;
    case 'bytes':
      check('statement.bytes-length', isFieldLength((value as Uint8Array).length), 'CRYPTO_RANGE', {
        field,
      });
      return value as Uint8Array;
    case 'ledger':
    case 'scheme': {
      const place = (type === 'ledger' ? LEDGERS : (SCHEMES as readonly string[])).indexOf(
        value as string,
      );
      check('statement.choice', place >= 0, 'CRYPTO_RANGE', { field });
      return Uint8Array.of(place);
    }
  }
}

function decodeField(type: FieldType, bytes: Uint8Array, field: string): unknown {
  switch (type) {
    case 'uint64':
    case 'uint256':
      check(
        'statement.number-length',
        bytes.length === (type === 'uint64' ? 8 : 32),
        'CRYPTO_ENCODING',
        { field },
      );
      return bytesInteger(bytes);
    case 'bytes32':
      check('statement.read-bytes32-length', bytes.length === 32, 'CRYPTO_ENCODING', { field });
      return bytes;
    case 'bytes':
      check('statement.read-bytes-length', isFieldLength(bytes.length), 'CRYPTO_ENCODING', {
        field,
      });
      return bytes;
    case 'ledger':
    case 'scheme': {
      const list: readonly string[] = type === 'ledger' ? LEDGERS : SCHEMES;
      check('statement.choice-length', bytes.length === 1, 'CRYPTO_ENCODING', { field });
      check('statement.choice-known', (bytes[0] ?? 0) < list.length, 'CRYPTO_ENCODING', { field });
      return list[bytes[0] ?? 0];
    }
  }
}

function isFieldLength(length: number): boolean {
  return length > 0 && length <= MAX_FIELD_BYTES;
}
