import { keccak256, toBeHex } from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseEthereumHeader } from '../src/ethereum/header.ts';
import {
  encodeReceipt,
  readReceipt,
  receiptKey,
  type EthereumReceipt,
} from '../src/ethereum/receipt.ts';
import { encodeRlp, rlpInteger } from '../src/ethereum/rlp.ts';
import { readAccount, readStorage } from '../src/ethereum/state-proof.ts';
import { buildTrieProof } from '../src/ethereum/trie-builder.ts';
import { hex, unhex } from '../src/testing/vectors.ts';
import { compile, startChain, type Chain } from './evm.ts';

interface RpcProof {
  readonly accountProof: readonly string[];
  readonly balance: string;
  readonly nonce: string;
  readonly storageHash: string;
  readonly codeHash: string;
  readonly storageProof: readonly { readonly value: string; readonly proof: readonly string[] }[];
}
interface RpcReceipt {
  readonly type: string;
  readonly status: string;
  readonly cumulativeGasUsed: string;
  readonly logsBloom: string;
  readonly logs: readonly {
    readonly address: string;
    readonly topics: readonly string[];
    readonly data: string;
  }[];
}

const SOURCE = `
contract Store {
  event Stored(uint256 indexed slot, bytes data);
  mapping(uint256 => uint256) public values;
  uint256 public first = 77;
  function put(uint256 slot, uint256 value, bytes calldata data) external { values[slot] = value; emit Stored(slot, data); }
}`;

/** Header fields in order (yellow paper and EIPs 1559, 4895, 4844, 4788, 7685); an integer is marked by its name here. */
const HEADER = [
  'parentHash',
  'sha3Uncles',
  'miner',
  'stateRoot',
  'transactionsRoot',
  'receiptsRoot',
  'logsBloom',
  '#difficulty',
  '#number',
  '#gasLimit',
  '#gasUsed',
  '#timestamp',
  'extraData',
  'mixHash',
  'nonce',
  '#baseFeePerGas',
  'withdrawalsRoot',
  '#blobGasUsed',
  '#excessBlobGas',
  'parentBeaconBlockRoot',
  'requestsHash',
];

let chain: Chain;
let block: Readonly<Record<string, string>>;
let header: ReturnType<typeof parseEthereumHeader>;
let store: string;
const rpc = async <T>(method: string, ...params: unknown[]): Promise<T> =>
  (await chain.provider.send(method, params)) as T;

beforeAll(async () => {
  chain = await startChain();
  const contract = await chain.deploy(compile(SOURCE, 'Store'));
  store = await contract.getAddress();
  // One block with several receipts, of both types and one of them failed.
  await rpc('evm_setAutomine', false);
  const sent = [];
  for (let i = 0; i < 20; i += 1)
    sent.push(
      await contract.getFunction('put').send(i, i + 1, `0x${'ab'.repeat(i)}`, {
        gasLimit: i === 5 ? 30_000n : 200_000n,
        type: i % 2 === 0 ? 0 : 2,
      }),
    );
  await rpc('evm_mine');
  await rpc('evm_setAutomine', true);
  block = await rpc('eth_getBlockByNumber', 'latest', false);
  const rlp = encodeRlp(
    HEADER.filter((name) => block[name.replace('#', '')] !== undefined).map((name) => {
      const value = block[name.replace('#', '')]!;
      return name.startsWith('#') ? rlpInteger(BigInt(value)) : unhex(value);
    }),
  );
  header = parseEthereumHeader(rlp);
  expect(sent).toHaveLength(20);
});
afterAll(async () => {
  await chain.stop();
});

describe('a block of anvil', () => {
  it('has the hash of its header', () => {
    expect(`0x${hex(header.hash)}`).toBe(block['hash']);
    expect(header.number).toBe(BigInt(block['number']!));
    expect(header.timestampSec).toBe(BigInt(block['timestamp']!));
  });

  it('proves accounts and slots, present and absent', async () => {
    const slot = BigInt(keccak256(`0x${toBeHex(3, 32).slice(2)}${toBeHex(0, 32).slice(2)}`));
    const empty = 12_345n;
    const proof = await rpc<RpcProof>(
      'eth_getProof',
      store,
      [toBeHex(slot, 32), toBeHex(1, 32), toBeHex(empty, 32)],
      'latest',
    );
    const account = readAccount(
      header.stateRoot,
      unhex(store.toLowerCase()),
      proof.accountProof.map(unhex),
    )!;
    expect(`0x${hex(account.storageRoot)}`).toBe(proof.storageHash);
    expect(`0x${hex(account.codeHash)}`).toBe(proof.codeHash);
    expect([account.nonce, account.balance]).toEqual([BigInt(proof.nonce), BigInt(proof.balance)]);
    const [value, first, nothing] = proof.storageProof.map((entry) => entry.proof.map(unhex));
    expect(readStorage(account.storageRoot, slot, value!)).toBe(4n);
    expect(readStorage(account.storageRoot, 1n, first!)).toBe(77n);
    expect(readStorage(account.storageRoot, empty, nothing!)).toBe(0n);
    // The proof of one slot says nothing of another.
    expect(() => readStorage(account.storageRoot, 2n, value!)).toThrow('CRYPTO_INVALID');
  });

  it('proves that an account is not there, and what an account without storage holds', async () => {
    const nobody = `0x${'77'.repeat(20)}`;
    const absent = await rpc<RpcProof>('eth_getProof', nobody, [], 'latest');
    expect(
      readAccount(header.stateRoot, unhex(nobody), absent.accountProof.map(unhex)),
    ).toBeUndefined();
    const owner = (await chain.provider.listAccounts())[1]!.address;
    const plain = await rpc<RpcProof>('eth_getProof', owner, [toBeHex(1, 32)], 'latest');
    const account = readAccount(
      header.stateRoot,
      unhex(owner.toLowerCase()),
      plain.accountProof.map(unhex),
    )!;
    expect(account.balance).toBe(BigInt(plain.balance));
    expect(readStorage(account.storageRoot, 1n, plain.storageProof[0]!.proof.map(unhex))).toBe(0n);
  });

  it('proves each of its receipts', async () => {
    const raw = await rpc<readonly RpcReceipt[]>('eth_getBlockReceipts', block['number']);
    const receipts = raw.map((receipt): EthereumReceipt => ({
      type: Number(receipt.type),
      succeeded: receipt.status === '0x1',
      cumulativeGas: BigInt(receipt.cumulativeGasUsed),
      logsBloom: unhex(receipt.logsBloom),
      logs: receipt.logs.map(({ address, topics, data }) => ({
        address: unhex(address),
        topics: topics.map(unhex),
        data: unhex(data),
      })),
    }));
    expect(receipts.filter(({ succeeded }) => !succeeded)).toHaveLength(1);
    expect(new Set(receipts.map(({ type }) => type))).toEqual(new Set([0, 2]));
    const entries = receipts.map((receipt, index) => ({
      key: receiptKey(index),
      value: encodeReceipt(receipt),
    }));
    receipts.forEach((receipt, index) => {
      const { root, nodes } = buildTrieProof(entries, receiptKey(index));
      expect(root).toEqual(header.receiptsRoot);
      expect(readReceipt(header.receiptsRoot, index, nodes)).toEqual(receipt);
    });
    const beyond = buildTrieProof(entries, receiptKey(receipts.length));
    expect(() => readReceipt(header.receiptsRoot, receipts.length, beyond.nodes)).toThrow(
      'receipt.absent',
    );
  });
});
