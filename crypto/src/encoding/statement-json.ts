import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import {
  STATEMENT_FIELDS,
  type Statement,
  type StatementDomain,
  type StatementKind,
} from './statement-schema.ts';

/** A statement as JSON members: bytes as `0x` hex, numbers as decimal strings. The shape of vectors/statements.json and of APIs. */
export type StatementJson = Readonly<Record<string, string>>;

export interface StatementDomainJson {
  readonly chainId: string;
  readonly contract: string;
  readonly networkId: string;
  readonly channel: string;
  readonly chaincode: string;
}

/** The JSON members of a statement. */
export function statementToJson(statement: Statement): StatementJson {
  return Object.fromEntries(
    Object.entries(statement).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? `0x${bytesToHex(value)}` : String(value),
    ]),
  );
}

/**
 * Reads {@link statementToJson}'s members: all of them and no other. Ranges are checked by encoding.
 * @throws {CryptoError} CRYPTO_ENCODING.
 */
export function statementFromJson(json: StatementJson): Statement {
  const kind = json['kind'] as StatementKind;
  if (!Object.hasOwn(STATEMENT_FIELDS, kind))
    throw new CryptoError('CRYPTO_ENCODING', { field: 'kind' });
  const fields = [
    ['epoch', 'uint64'],
    ['rosterHash', 'bytes32'],
    ...STATEMENT_FIELDS[kind],
  ] as const;
  check(
    'statement-json.members',
    Object.keys(json).length === fields.length + 1,
    'CRYPTO_ENCODING',
    { kind },
  );
  const members = Object.fromEntries<unknown>(
    fields.map(([name, type]): [string, unknown] => {
      const text = json[name] ?? '';
      if (type === 'uint64' || type === 'uint256') return [name, readDecimal(text, name)];
      return [name, type === 'bytes' || type === 'bytes32' ? readHex(text, name) : text];
    }),
  );
  return { kind, ...members } as unknown as Statement;
}

/** Reads a domain's members. Throws CRYPTO_ENCODING. */
export function domainFromJson(json: StatementDomainJson): StatementDomain {
  return {
    chainId: readDecimal(json.chainId, 'chainId'),
    contract: readHex(json.contract, 'contract'),
    networkId: readHex(json.networkId, 'networkId'),
    channel: json.channel,
    chaincode: json.chaincode,
  };
}

function readDecimal(text: string, field: string): bigint {
  check('statement-json.decimal', /^(0|[1-9][0-9]{0,77})$/.test(text), 'CRYPTO_ENCODING', {
    field,
  });
  return BigInt(text);
}

function readHex(text: string, field: string): Uint8Array {
  check('statement-json.hex', /^0x(?:[0-9a-f]{2})*$/.test(text), 'CRYPTO_ENCODING', { field });
  return hexToBytes(text.slice(2));
}
