import { readFileSync } from 'node:fs';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { concat, integerBytes } from './bytes.ts';
import { STATEMENT_TAGS } from './domains.ts';
import {
  domainFromJson,
  statementFromJson,
  statementToJson,
  type StatementDomainJson,
  type StatementJson,
} from './statement-json.ts';
import { STATEMENT_FIELDS, type Statement, type StatementDomain } from './statement-schema.ts';
import {
  encodeStatement,
  parseStatement,
  statementDigest,
  statementDomainHash,
} from './statement.ts';

interface Vectors {
  readonly domain: StatementDomainJson;
  readonly domainHash: string;
  readonly statements: readonly {
    readonly statement: StatementJson;
    readonly encoded: string;
    readonly digest: string;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../vectors/statements.json', import.meta.url), 'utf8'),
) as Vectors;
const domain = domainFromJson(vectors.domain);
const lock = statementFromJson(vectors.statements[0]!.statement) as Statement<'lock'>;
const encoded = encodeStatement(lock, domain);

describe('the shared vectors', () => {
  it('have the domain hash', () => {
    expect(`0x${bytesToHex(statementDomainHash(domain))}`).toBe(vectors.domainHash);
  });

  it.each(vectors.statements)(
    '$statement.kind: bytes, digest, parsing and JSON',
    ({ statement, encoded: bytes, digest }) => {
      const value = statementFromJson(statement);
      expect(`0x${bytesToHex(encodeStatement(value, domain))}`).toBe(bytes);
      expect(`0x${bytesToHex(statementDigest(value, domain))}`).toBe(digest);
      expect(parseStatement(hexToBytes(bytes.slice(2)), domain)).toEqual(value);
      expect(statementToJson(value)).toEqual(statement);
    },
  );
});

describe('a statement binds', () => {
  const digests = (changed: Statement, under: StatementDomain = domain): string =>
    bytesToHex(statementDigest(changed, under));

  it('its kind: each tag is its own', () => {
    const kinds = ['lock', 'unlock', 'release', 'expired'] as const;
    expect(new Set(kinds.map((kind) => digests({ ...lock, kind }))).size).toBe(4);
    expect(new Set(Object.values(STATEMENT_TAGS)).size).toBe(6);
  });

  it('no tag is the beginning of another', () => {
    const tags = Object.values(STATEMENT_TAGS);
    for (const a of tags) for (const b of tags) expect(a !== b && b.startsWith(a)).toBe(false);
  });

  it.each(['chainId', 'contract', 'networkId', 'channel', 'chaincode'] as const)(
    "the domain's %s",
    (field) => {
      const changed = { ...domain, [field]: flip(domain[field]) };
      expect(digests(lock, changed)).not.toBe(digests(lock));
      expect(refusedOnlyBy('statement.domain', () => parseStatement(encoded, changed))).toBe(true);
    },
  );

  it('does not confuse channel and chaincode', () => {
    const swapped = { ...domain, channel: 'trademid', chaincode: 'lock' };
    expect(digests(lock, { ...domain, channel: 'trade', chaincode: 'midlock' })).not.toBe(
      digests(lock, swapped),
    );
  });

  it.each(vectors.statements.map(({ statement }) => statementFromJson(statement)))(
    'every field of %#',
    (statement) => {
      const base = digests(statement);
      const names = [
        'epoch',
        'rosterHash',
        ...STATEMENT_FIELDS[statement.kind].map(([name]) => name),
      ];
      for (const name of names) {
        const changed = {
          ...statement,
          [name]: flip((statement as unknown as Record<string, unknown>)[name]),
        };
        expect(digests(changed), name).not.toBe(base);
      }
    },
  );

  it('where one field of free length ends and the next begins', () => {
    const text = Uint8Array.of(1, 2, 3, 4);
    const a = { ...lock, asset: text.subarray(0, 2), recipient: text.subarray(2) };
    const b = { ...lock, asset: text.subarray(0, 3), recipient: text.subarray(3) };
    expect(digests(a)).not.toBe(digests(b));
  });
});

describe('parsing refuses', () => {
  const parts = split(encoded);
  const withPart = (place: number, part: Uint8Array): Uint8Array =>
    join(parts.map((old, i) => (i === place ? part : old)));
  const read = (bytes: Uint8Array) => (): unknown => parseStatement(bytes, domain);

  it('an unknown tag', () => {
    expect(read(withPart(0, new TextEncoder().encode('midlock/v2/statement/lock')))).toThrow(
      'statement.tag',
    );
    expect(read(new Uint8Array(0))).toThrow('statement.tag');
  });

  it.each([
    ['a part too many', 'statement.field-count', concat(encoded, join([Uint8Array.of(1)]))],
    [
      'a number with a leading zero byte more',
      'statement.number-length',
      withPart(2, concat(Uint8Array.of(0), parts[2]!)),
    ],
    ['a hash of 31 bytes', 'statement.read-bytes32-length', withPart(3, parts[3]!.subarray(1))],
    ['an empty asset', 'statement.read-bytes-length', withPart(6, new Uint8Array(0))],
    ['an asset of 257 bytes', 'statement.read-bytes-length', withPart(6, new Uint8Array(257))],
    ['a ledger of two bytes', 'statement.choice-length', withPart(4, Uint8Array.of(0, 0))],
    ['a third ledger', 'statement.choice-known', withPart(4, Uint8Array.of(2))],
    ['a part cut short', 'statement.part-cut', encoded.subarray(0, encoded.length - 1)],
  ])('%s', (_name, id, bytes) => {
    if (id === 'statement.part-cut') {
      // The cut part is a hash; without the cut rule its length rule still stands.
      expect(read(bytes)).toThrow(id);
      expect(
        withoutChecks([id], () => {
          try {
            read(bytes)();
            return '';
          } catch (error) {
            return String(error);
          }
        }),
      ).toContain('statement.read-bytes32-length');
      return;
    }
    expect(refusedOnlyBy(id, read(bytes))).toBe(true);
  });

  it('trailing bytes that are no part', () => {
    expect(read(concat(encoded, Uint8Array.of(0, 0, 0)))).toThrow('statement.part-cut');
  });

  it('encoding values out of range', () => {
    const attempt = (change: Partial<Statement<'lock'>>) => () =>
      encodeStatement({ ...lock, ...change }, domain);
    expect(attempt({ epoch: 1n << 64n })).toThrow('statement.number-range');
    expect(attempt({ amount: -1n })).toThrow('statement.number-range');
    expect(
      refusedOnlyBy('statement.bytes32-length', attempt({ transferId: new Uint8Array(31) })),
    ).toBe(true);
    expect(refusedOnlyBy('statement.bytes-length', attempt({ asset: new Uint8Array(0) }))).toBe(
      true,
    );
    expect(refusedOnlyBy('statement.choice', attempt({ source: 'bitcoin' as 'fabric' }))).toBe(
      true,
    );
    expect(
      refusedOnlyBy('statement.contract-length', () =>
        statementDomainHash({ ...domain, contract: new Uint8Array(21) }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('statement.network-length', () =>
        statementDomainHash({ ...domain, networkId: new Uint8Array(31) }),
      ),
    ).toBe(true);
  });

  it('anything but the canonical bytes: what parses encodes to the same bytes', () => {
    fc.assert(
      fc.property(fc.nat(encoded.length - 1), fc.integer({ min: 1, max: 255 }), (place, change) => {
        const bytes = encoded.slice();
        bytes[place]! ^= change;
        let value: Statement;
        try {
          value = parseStatement(bytes, domain);
        } catch (error) {
          expect(error).toHaveProperty('name', 'CryptoError');
          return;
        }
        expect(encodeStatement(value, domain)).toEqual(bytes);
      }),
      { seed: 8, numRuns: 600 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => parseStatement(bytes, domain)).toThrow('CRYPTO_');
      }),
      { seed: 9, numRuns: 300 },
    );
  });
});

describe('JSON', () => {
  it('refuses other numerals, other hex, other members and unknown kinds', () => {
    const json = vectors.statements[0]!.statement;
    expect(
      refusedOnlyBy('statement-json.decimal', () => statementFromJson({ ...json, amount: '007' })),
    ).toBe(true);
    expect(
      refusedOnlyBy('statement-json.hex', () =>
        statementFromJson({ ...json, blockHash: `0x${'AB'.repeat(32)}` }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('statement-json.members', () => statementFromJson({ ...json, more: '1' })),
    ).toBe(true);
    expect(() => statementFromJson({ ...json, kind: 'grant' })).toThrow('CRYPTO_ENCODING');
  });
});

function flip(value: unknown): unknown {
  if (typeof value === 'bigint') return value ^ 1n;
  if (typeof value === 'string')
    return (
      {
        fabric: 'ethereum',
        ethereum: 'fabric',
        'bls12381-g1': 'frost-secp256k1',
        'ecdsa-quorum': 'bls12381-g1',
      }[value] ?? `${value}x`
    );
  const bytes = (value as Uint8Array).slice();
  bytes[bytes.length - 1]! ^= 1;
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts.flatMap((part) => [integerBytes(BigInt(part.length), 4), part]));
}

function split(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset);
    parts.push(bytes.subarray(offset + 4, offset + 4 + length));
    offset += 4 + length;
  }
  return parts;
}
