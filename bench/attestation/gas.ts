import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Contract } from 'ethers';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@midlock/crypto/testing/random';
import {
  blsFixture,
  frostFixture,
  quorumFixture,
  type SchemeFixture,
} from '@midlock/crypto/testing/schemes';
import { merkleProof, merkleRoot } from '@midlock/crypto/tree/merkle';
import { sha256 } from '@noble/hashes/sha2.js';
import { startChain, verifyGas, type TestChain } from '../../evm/test/verify/chain.ts';
import { compileVerifiers, type Compiled } from '../../evm/test/verify/compile.ts';
import { rowOf, type BenchOptions, type Row } from '../row.ts';

const INTRINSIC = 21_000;
/** evm.md section 4: the best public implementation of each check, whole transaction, Osaka. */
const PUBLISHED = new Map([
  ['frost', { value: 28_991, source: 'RFC 9591 check measured in evm.md 4' }],
  ['bls', { value: 147_641, source: 'randa-mu BLS2, key in immutables' }],
  ['ecdsa 5 of 7', { value: 56_658, source: 'signer list in calldata, evm.md 4' }],
  ['ecdsa 10 of 15', { value: 86_199, source: 'signer list in calldata, evm.md 4' }],
  ['ecdsa 20 of 30', { value: 144_797, source: 'signer list in calldata, evm.md 4' }],
]);

interface Subject {
  readonly name: string;
  readonly fixture: SchemeFixture;
  /** Precompile calls without which the check cannot be made, and how often. */
  readonly floor: readonly (readonly [address: number, inputLength: number, times: number])[];
}

/** Gas of one check as a whole transaction beside its floor, and spread over batches of 10 and 100 under one signed root. */
export async function gasRows({ quick, progress }: BenchOptions): Promise<Row[]> {
  const chain = await startChain();
  try {
    const compiled = compileVerifiers();
    const gauge = await chain.deploy(compileGauge());
    const leafGas = new Map<number, number>();
    for (const size of [10, 100]) leafGas.set(size, await oneLeaf(gauge, size));
    const rows: Row[] = [];
    for (const subject of subjects(quick)) {
      progress(`gas: ${subject.name}`);
      rows.push(...(await subjectRows(chain, compiled, gauge, subject, leafGas)));
    }
    return rows;
  } finally {
    await chain.close();
  }
}

function subjects(quick: boolean): Subject[] {
  const random = seededRandom('attestation');
  const pairs = [
    [2, 3],
    [5, 7],
    [10, 15],
    [20, 30],
    [45, 67],
    [67, 67],
  ] as const;
  return [
    {
      name: 'frost',
      fixture: frostFixture(random),
      floor: [
        [1, 128, 1],
        [2, 195, 1],
        [2, 63, 2],
      ],
    },
    {
      name: 'bls',
      fixture: blsFixture(random),
      floor: [
        [0x0f, 768, 1],
        [0x10, 64, 2],
        [0x0b, 256, 1],
        [2, 150, 5],
        [5, 209, 2],
      ],
    },
    ...(quick ? pairs.slice(0, 3) : pairs).map(([threshold, size]): Subject => ({
      name: `ecdsa ${String(threshold)} of ${String(size)}`,
      fixture: quorumFixture(size, threshold, random),
      floor: [[1, 128, threshold]],
    })),
  ];
}

async function subjectRows(
  chain: TestChain,
  compiled: Record<string, Compiled>,
  gauge: Contract,
  { name, fixture, floor }: Subject,
  leafGas: ReadonlyMap<number, number>,
): Promise<Row[]> {
  const contract = compiled[fixture.contract];
  if (contract === undefined) throw new Error(`no contract ${fixture.contract}`);
  const verifier = await chain.deploy(contract, ...fixture.args);
  const digest = sha256(new TextEncoder().encode('statement'));
  const proof = fixture.sign(digest);
  const value = await verifyGas(verifier, digest, proof);
  const limit =
    INTRINSIC +
    calldataGas(verifier.interface.encodeFunctionData('verify', [digest, proof])) +
    (await floorGas(gauge, floor));
  const how = 'intrinsic gas, calldata and the precompile calls alone, measured';
  return [
    row(`${name}: one check, whole transaction`, value, PUBLISHED.get(name) ?? null, {
      value: limit,
      how,
    }),
    ...[...leafGas].map(([size, leaf]) =>
      row(
        `${name}: a settlement's part in a batch of ${String(size)}`,
        value / size + leaf,
        null,
        null,
      ),
    ),
  ];
}

/** Gas of the precompile calls on inputs of the right length; valid ones, since a failing precompile burns all it got. */
async function floorGas(gauge: Contract, floor: Subject['floor']): Promise<number> {
  let sum = 0;
  for (const [address, length, times] of floor) {
    const target = `0x${address.toString(16).padStart(40, '0')}`;
    const used = (await gauge
      .getFunction('call')
      .staticCall(target, inputFor(address, length))) as bigint;
    sum += times * Number(used);
  }
  return sum;
}

/** Zeros are the identity for the curve precompiles, an invalid signature for ecrecover (same price), anything for SHA-256. */
function inputFor(address: number, length: number): Uint8Array {
  const input = new Uint8Array(length);
  // MODEXP: lengths 64, 1 and 48, exponent 1, an odd modulus of 48 bytes.
  if (address === 5) {
    input.set([64], 31);
    input.set([1], 63);
    input.set([48], 95);
    input.set([1], 160);
    input.fill(0xff, 161);
  }
  return input;
}

/** What a leaf adds to a settlement's own transaction: its path as calldata, and the hashing. */
async function oneLeaf(gauge: Contract, size: number): Promise<number> {
  const leaves = Array.from({ length: size }, (_, i) => sha256(Uint8Array.of(i)));
  const index = Math.floor(size / 2);
  const data = gauge.interface.encodeFunctionData('leaf', [
    merkleRoot(leaves),
    size,
    index,
    leaves[index],
    merkleProof(leaves, index),
  ]);
  const used = (await gauge
    .getFunction('call')
    .staticCall(await gauge.getAddress(), data)) as bigint;
  return calldataGas(data) + Number(used);
}

function calldataGas(data: string): number {
  const bytes = Buffer.from(data.slice(2), 'hex');
  return bytes.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0);
}

function compileGauge(): Compiled {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };
  const read = (path: string): string =>
    readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: {
          'Gauge.sol': { content: read('Gauge.sol') },
          'tree/MerkleTree.sol': {
            content: read('../../evm/contracts/verify/tree/MerkleTree.sol'),
          },
        },
        settings: {
          evmVersion: 'osaka',
          viaIR: true,
          optimizer: { enabled: true, runs: 1_000_000 },
          outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
        },
      }),
    ),
  ) as {
    contracts: Record<
      string,
      Record<string, { abi: unknown[]; evm: { bytecode: { object: string } } }>
    >;
  };
  const gauge = output.contracts['Gauge.sol']?.['Gauge'];
  if (gauge === undefined) throw new Error('Gauge.sol does not compile');
  return { abi: gauge.abi, bytecode: `0x${gauge.evm.bytecode.object}` };
}

function row(name: string, value: number, reference: Row['reference'], limit: Row['limit']): Row {
  return rowOf({ name, unit: 'gas', value, reference, limit });
}
