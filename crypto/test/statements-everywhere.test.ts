import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { BaseContract } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesToHex } from '@noble/hashes/utils.js';
import {
  domainFromJson,
  statementFromJson,
  type StatementDomainJson,
  type StatementJson,
} from '../src/encoding/statement-json.ts';
import {
  LEDGERS,
  SCHEMES,
  STATEMENT_FIELDS,
  type StatementKind,
} from '../src/encoding/statement-schema.ts';
import { statementDigest, statementDomainHash } from '../src/encoding/statement.ts';
import { compile, startChain, type Chain } from './evm.ts';

interface Vectors {
  readonly domain: StatementDomainJson;
  readonly statements: readonly { readonly statement: StatementJson; readonly digest: string }[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/statements.json', import.meta.url), 'utf8'),
) as Vectors;

const TRANSFERS = ['lock', 'unlock', 'release', 'expired'] as const;
const HARNESS = `
import {Statements} from "contracts/verify/encoding/Statements.sol";
contract Harness {
  function domain(uint64 a, address b, bytes32 c, string memory d, string memory e) external pure returns (bytes32) { return Statements.domainHash(a, b, c, d, e); }
  ${TRANSFERS.map((kind) => `function ${kind}(Statements.Header memory h, Statements.Transfer memory t) external pure returns (bytes32) { return Statements.${kind}Digest(h, t); }`).join('\n  ')}
  function penalty(Statements.Header memory h, Statements.Penalty memory t) external pure returns (bytes32) { return Statements.penaltyDigest(h, t); }
  function rotate(Statements.Header memory h, Statements.Rotate memory t) external pure returns (bytes32) { return Statements.rotateDigest(h, t); }
}`;

let chain: Chain;
let contract: BaseContract;
beforeAll(async () => {
  chain = await startChain();
  contract = await chain.deploy(compile(HARNESS, 'Harness'));
});
afterAll(async () => {
  await chain.stop();
});

async function inSolidity(
  json: StatementJson,
  domain: StatementDomainJson,
  on = contract,
): Promise<string> {
  const hash = (await on
    .getFunction('domain')
    .staticCall(
      domain.chainId,
      domain.contract,
      domain.networkId,
      domain.channel,
      domain.chaincode,
    )) as string;
  const kind = json['kind'] as StatementKind;
  const body = STATEMENT_FIELDS[kind].map(([name, type]) => {
    if (type === 'ledger') return LEDGERS.indexOf(json[name] as 'fabric');
    return type === 'scheme' ? SCHEMES.indexOf(json[name] as 'bls12381-g1') : json[name];
  });
  return (await on
    .getFunction(kind)
    .staticCall([hash, json['epoch'], json['rosterHash']], body)) as string;
}

const inTypeScript = (json: StatementJson, domain: StatementDomainJson): string =>
  `0x${bytesToHex(statementDigest(statementFromJson(json), domainFromJson(domain)))}`;

/** As chaincode loads it: a CommonJS program on plain Node that requires the module. */
function inChaincode(
  cases: readonly (readonly [StatementJson, StatementDomainJson])[],
): readonly string[] {
  const program = `
    const { statementDigest } = require(process.argv[1] + 'statement.ts');
    const { statementFromJson, domainFromJson } = require(process.argv[1] + 'statement-json.ts');
    const cases = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
    console.log(JSON.stringify(cases.map(([s, d]) => '0x' + Buffer.from(statementDigest(statementFromJson(s), domainFromJson(d))).toString('hex'))));`;
  const folder = new URL('../src/encoding/', import.meta.url).pathname;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=source', '-e', program, folder],
    { input: JSON.stringify(cases), encoding: 'utf8', timeout: 30_000 },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

function flipped(value: string): string {
  const other: Record<string, string> = {
    fabric: 'ethereum',
    ethereum: 'fabric',
    'bls12381-g1': 'frost-secp256k1',
    'ecdsa-quorum': 'bls12381-g1',
  };
  if (other[value] !== undefined) return other[value];
  if (/^\d+$/.test(value)) return String(BigInt(value) ^ 1n);
  if (!value.startsWith('0x')) return `${value}x`;
  return `${value.slice(0, -1)}${(Number.parseInt(value.slice(-1), 16) ^ 1).toString(16)}`;
}

describe('statements in TypeScript, Solidity and chaincode', () => {
  // Every vector, then the same with each field of statement and domain flipped and with each sibling tag.
  const cases: (readonly [StatementJson, StatementDomainJson])[] = [];
  for (const { statement } of vectors.statements) {
    cases.push([statement, vectors.domain]);
    for (const [name, value] of Object.entries(statement)) {
      if (name !== 'kind') cases.push([{ ...statement, [name]: flipped(value) }, vectors.domain]);
    }
    for (const [name, value] of Object.entries(vectors.domain))
      cases.push([statement, { ...vectors.domain, [name]: flipped(value as string) }]);
    for (const kind of TRANSFERS) {
      if (
        (TRANSFERS as readonly string[]).includes(statement['kind']!) &&
        kind !== statement['kind']
      )
        cases.push([{ ...statement, kind }, vectors.domain]);
    }
  }

  it('have the recorded digests, and every flip has another one, the same in all three', async () => {
    const typescript = cases.map(([statement, domain]) => inTypeScript(statement, domain));
    const solidity: string[] = [];
    for (const [statement, domain] of cases) solidity.push(await inSolidity(statement, domain));
    expect(solidity).toEqual(typescript);
    expect(inChaincode(cases)).toEqual(typescript);
    for (const { statement, digest } of vectors.statements)
      expect(typescript[cases.findIndex(([s, d]) => s === statement && d === vectors.domain)]).toBe(
        digest,
      );
    const distinct = new Set(cases.map((item) => JSON.stringify(item)));
    expect(new Set(typescript).size).toBe(distinct.size);
    expect(distinct.size).toBeGreaterThan(100);
  });

  it('agree on the domain hash', async () => {
    const { chainId, contract: verifier, networkId, channel, chaincode } = vectors.domain;
    expect(
      await contract
        .getFunction('domain')
        .staticCall(chainId, verifier, networkId, channel, chaincode),
    ).toBe(`0x${bytesToHex(statementDomainHash(domainFromJson(vectors.domain)))}`);
  });

  it('refuse an empty or overlong field in Solidity too', async () => {
    const { statement } = vectors.statements[0]!;
    const open = await chain.deploy(compile(HARNESS, 'Harness', 'statement-bytes-length'));
    for (const asset of ['0x', `0x${'00'.repeat(257)}`]) {
      await expect(inSolidity({ ...statement, asset }, vectors.domain)).rejects.toThrow();
      await expect(inSolidity({ ...statement, asset }, vectors.domain, open)).resolves.toHaveLength(
        66,
      );
    }
  });
});
