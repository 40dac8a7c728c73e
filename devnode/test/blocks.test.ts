import { readFileSync } from 'node:fs';
import { common } from '@hyperledger/fabric-protos';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { replayLedger } from '../conformance/replay-ledger.ts';
import { configurationOf, verifyChain } from '../conformance/verify-chain.ts';
import { ShelfNetwork } from './shelf-network.ts';

/** Real networks whose blocks are in test-fixtures, and the signatures under each of their blocks. */
const REAL = [
  { network: 'fabric-3.1.5-raft', consensus: 'raft', profile: '3.x', signatures: 1 },
  { network: 'fabric-3.1.5-bft', consensus: 'bft', profile: '3.x', signatures: 3 },
  { network: 'fabric-2.5.16-raft', consensus: 'raft', profile: '2.5', signatures: 1 },
] as const;

const shelf = new ShelfNetwork(['Org1MSP', 'Org2MSP', 'Org3MSP']);
beforeAll(() => shelf.launch());
afterEach(() => shelf.close());
afterAll(() => shelf.stop());

function realBlocks(network: string): readonly Uint8Array[] {
  return [0, 1, 2, 3, 4].map((number) =>
    readFileSync(new URL(`../test-fixtures/blocks/${network}/${number}.block`, import.meta.url)),
  );
}

async function devnodeBlocks(options: {
  readonly consensus: 'raft' | 'bft';
  readonly profile: '2.5' | '3.x';
}): Promise<readonly Uint8Array[]> {
  const node = await shelf.start(options);
  const contract = shelf.contract(node, 'Org1MSP');
  for (const key of ['a', 'b', 'c']) await contract.submitTransaction('put', key, '1');
  const qscc = shelf.network(node, 'Org1MSP').getContract('qscc');
  return Promise.all(
    [0, 1, 2, 3].map((number) =>
      qscc.evaluateTransaction('GetBlockByNumber', node.channel, String(number)),
    ),
  );
}

describe.each(REAL)('blocks of $network', ({ network, consensus, profile, signatures }) => {
  test('one verifier accepts them and those of devnode', async () => {
    expect(verifyChain(realBlocks(network))).toEqual([1, 1, 1, 1].map(() => signatures));
    expect(verifyChain(await devnodeBlocks({ consensus, profile }))).toEqual(
      [1, 1, 1].map(() => signatures),
    );
  });

  test("devnode's configuration has the same groups, values and policies", async () => {
    const [real = new Uint8Array()] = realBlocks(network);
    const [ours = new Uint8Array()] = await devnodeBlocks({ consensus, profile });
    const describe = (bytes: Uint8Array) =>
      outline(configurationOf(common.Block.deserializeBinary(bytes)));
    expect(describe(ours)).toEqual(describe(real));
  });

  test('devnode reckons the same commit hash for each, and refuses another one', () => {
    const replay = (blocks: readonly Uint8Array[]) =>
      replayLedger(blocks, { channel: 'bench', mspIds: shelf.mspIds, chaincodes: [] });
    const blocks = realBlocks(network);
    expect(replay(blocks).height).toBe(5n);
    const changed = blocks.map((bytes, number) => (number === 3 ? withOtherHash(bytes) : bytes));
    expect(() => replay(changed)).toThrow(/block 3: its commit hash does not follow/);
  });
});

describe('the verifier refuses', () => {
  const blocks = realBlocks('fabric-3.1.5-bft');
  const changed = (change: (block: common.Block) => void): readonly Uint8Array[] =>
    blocks.map((bytes, number) => {
      const block = common.Block.deserializeBinary(bytes);
      if (number === 2) change(block);
      return block.serializeBinary();
    });
  test.each<[string, (block: common.Block) => void]>([
    ['another envelope', (block) => block.getData()?.setDataList([Uint8Array.of(1)])],
    ['another previous hash', (block) => block.getHeader()?.setPreviousHash(Uint8Array.of(1))],
    [
      'a signature of another header',
      (block) => {
        const [, ours] = blocks.map((bytes) => common.Block.deserializeBinary(bytes));
        block.setMetadata(ours?.getMetadata());
      },
    ],
    [
      'too few signatures',
      (block) => {
        const list = block.getMetadata()?.getMetadataList_asU8() ?? [];
        const metadata = common.Metadata.deserializeBinary(list[0] ?? new Uint8Array());
        metadata.setSignaturesList(metadata.getSignaturesList().slice(0, 2));
        block.getMetadata()?.setMetadataList([metadata.serializeBinary(), ...list.slice(1)]);
      },
    ],
  ])('%s', (_, change) => {
    expect(() => verifyChain(changed(change))).toThrow();
  });
});

function withOtherHash(bytes: Uint8Array): Uint8Array {
  const block = common.Block.deserializeBinary(bytes);
  const list = block.getMetadata()?.getMetadataList_asU8() ?? [];
  const commitHash = Uint8Array.from(list[4] ?? []);
  commitHash[commitHash.length - 1] = (commitHash.at(-1) ?? 0) ^ 1;
  block.getMetadata()?.setMetadataList([...list.slice(0, 4), commitHash]);
  return block.serializeBinary();
}

/** What does not depend on keys, ports and times. */
function outline(group: common.ConfigGroup): object {
  const values: Record<string, string> = {};
  group.getValuesMap().forEach((value: common.ConfigValue, name: string) => {
    const fixed = /^(Capabilities|HashingAlgorithm|BlockDataHashingStructure|ChannelRestrictions)$/;
    values[name] = fixed.test(name) ? Buffer.from(value.getValue_asU8()).toString('hex') : '';
  });
  const policies: Record<string, string> = {};
  group.getPoliciesMap().forEach((policy: common.ConfigPolicy, name: string) => {
    const octets = Buffer.from(policy.getPolicy()?.getValue_asU8() ?? []).toString('hex');
    // BFT names the consenters' certificates.
    const told = octets.length > 400 ? octets.slice(0, 40) : octets;
    policies[name] = `${String(policy.getPolicy()?.getType())} ${told}`;
  });
  const groups: Record<string, object> = {};
  group.getGroupsMap().forEach((child: common.ConfigGroup, name: string) => {
    groups[name] = outline(child);
  });
  return { modPolicy: group.getModPolicy(), values, policies, groups };
}
