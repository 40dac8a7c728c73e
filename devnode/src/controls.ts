import type { Controls } from './admin/methods.ts';
import { DevnodeError } from './devnode-error.ts';
import type { Endorser } from './endorser/endorser.ts';
import type { GatewayContext } from './gateway/context.ts';
import type { ChannelLedger } from './ledger/channel.ts';
import { chaincodeInForce, deployChaincode } from './lifecycle/deploy.ts';
import type { OrganizationMaterial } from './msp/index.ts';
import { checkEndpoint, type DevnodeOptions } from './options.ts';
import type { Batcher } from './orderer/batcher.ts';
import type { PeerClocks } from './peer-clock.ts';
import type { PeerNode } from './peer-node.ts';
import type { BlockFile } from './store/block-file.ts';

export interface ControlledParts {
  readonly clocks: PeerClocks;
  readonly batcher: Batcher;
  readonly channel: ChannelLedger;
  readonly peers: readonly PeerNode[];
  readonly down: Set<Endorser>;
  readonly streams: GatewayContext['streams'];
  readonly blockFile: BlockFile | undefined;
  readonly options: DevnodeOptions;
  readonly material: readonly OrganizationMaterial[];
}

/** What an administrator can do to a running node's parts. */
export function controlsOf({
  clocks,
  batcher,
  channel,
  peers,
  down,
  streams,
  blockFile,
  options,
  material,
}: ControlledParts): Controls {
  const chosen = (mspId: string, name?: string): readonly PeerNode[] => {
    const own = peers.filter(({ endorser }) => endorser.options.mspId === mspId);
    if (own.length === 0) throw invalid(`unknown organisation ${mspId}`);
    const named = own.filter(
      ({ endorser }) => name === undefined || endorser.options.name === name,
    );
    if (named.length === 0) throw invalid(`unknown peer ${name ?? ''} of ${mspId}`);
    return named;
  };
  const drop = (isMeant: (peer: Endorser) => boolean): number => {
    const ended = [...streams].filter(({ peer }) => isMeant(peer));
    for (const stream of ended) stream.drop();
    return ended.length;
  };
  return {
    setClock: (nowMs) => {
      clocks.set(nowMs);
    },
    skewClock: (mspId, skewMs, peer) => {
      for (const { endorser } of chosen(mspId, peer)) clocks.skew(endorser.options.address, skewMs);
    },
    setUp(mspId, up, peer) {
      for (const { endorser } of chosen(mspId, peer)) {
        if (up) down.delete(endorser);
        else {
          down.add(endorser);
          drop((owner) => owner === endorser);
        }
      }
    },
    setEndpoint(chaincode, mspId, endpoint, peer) {
      if (!channel.definitions.has(chaincode)) throw invalid(`unknown chaincode ${chaincode}`);
      checkEndpoint('endpoint', endpoint);
      for (const node of chosen(mspId, peer)) node.setEndpoint(chaincode, endpoint);
    },
    deployChaincode: (chaincode) =>
      deployChaincode(
        {
          ...{ options, channel, batcher, material, peers },
          isUp: (endorser) => !down.has(endorser),
          nowMs: () => clocks.nowMs(),
        },
        chaincode,
      ),
    chaincode: (name) => chaincodeInForce({ channel, peers }, name) ?? null,
    peers: () =>
      peers.map(({ endorser }) => {
        const { mspId, name, address } = endorser.options;
        return { mspId, name, up: !down.has(endorser), nowMs: clocks.peerNowMs(address) };
      }),
    cutBlock: () => {
      batcher.cutNow();
    },
    pauseOrdering: () => {
      batcher.pause();
    },
    resumeOrdering: () => {
      batcher.resume();
    },
    pending: () => batcher.pending,
    reorder: (txIds) => {
      batcher.reorder(txIds);
    },
    withhold: (txId) => {
      batcher.withhold(txId);
    },
    release: (txId) => {
      batcher.release(txId);
    },
    snapshot: () =>
      `${channel.height}-${Buffer.from(channel.blocks.at(-1)?.hash ?? []).toString('hex')}`,
    revert(mark) {
      const [height = '', hash] = mark.split('-');
      const block = /^[1-9]\d{0,15}$/.test(height) ? channel.blocks[Number(height) - 1] : undefined;
      if (block === undefined || Buffer.from(block.hash).toString('hex') !== hash)
        throw invalid(`no snapshot ${mark} on this ledger`);
      batcher.clear();
      blockFile?.truncate(BigInt(height));
      channel.truncate(BigInt(height));
      drop(() => true);
    },
    dropStreams(mspId, peer) {
      const meant =
        mspId === undefined
          ? undefined
          : new Set(chosen(mspId, peer).map(({ endorser }) => endorser));
      return drop((owner) => meant?.has(owner) ?? true);
    },
    height: () => String(channel.height),
  };
}

function invalid(sentence: string): DevnodeError {
  return new DevnodeError('CONFIG_INVALID', sentence);
}
