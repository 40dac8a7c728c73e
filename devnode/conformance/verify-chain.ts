import { createHash, verify, X509Certificate } from 'node:crypto';
import { common, msp, orderer } from '@hyperledger/fabric-protos';

/**
 * Verifies a channel from its blocks alone, as a light client does that trusts the first block: every hash, and the
 * signatures that the configuration asks for. Shares no line with devnode.
 * @param blocks octets of the blocks from number 0 on
 * @returns how many signatures each block after the first carries
 * @throws on the first thing that is wrong
 */
export function verifyChain(blocks: readonly Uint8Array[]): readonly number[] {
  const [first, ...rest] = blocks.map((bytes) => common.Block.deserializeBinary(bytes));
  if (first === undefined) throw new Error('no block');
  const check = orderersOf(first);
  let previous = first;
  verifyData(first);
  return rest.map((block) => {
    const number = block.getHeader()?.getNumber() ?? 0;
    if (number !== (previous.getHeader()?.getNumber() ?? 0) + 1) throw new Error('number');
    const expected = createHash('sha256').update(headerOctets(previous)).digest();
    if (!expected.equals(block.getHeader()?.getPreviousHash_asU8() ?? new Uint8Array()))
      throw new Error(`block ${String(number)}: previous hash`);
    verifyData(block);
    previous = block;
    return check(block);
  });
}

/** The channel's configuration, from its first block. */
export function configurationOf(block: common.Block): common.ConfigGroup {
  const [envelope = new Uint8Array()] = block.getData()?.getDataList_asU8() ?? [];
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  const group = common.ConfigEnvelope.deserializeBinary(payload.getData_asU8())
    .getConfig()
    ?.getChannelGroup();
  if (group === undefined) throw new Error('the first block holds no configuration');
  return group;
}

/** DER by the book (ITU-T X.690), octet by octet. */
export function headerOctets(block: common.Block): Uint8Array {
  const header = block.getHeader();
  if (header === undefined) throw new Error('no header');
  const digits: number[] = [];
  for (let rest = BigInt(header.getNumber()); rest > 0n; rest >>= 8n)
    digits.unshift(Number(rest & 0xffn));
  if (digits.length === 0 || (digits[0] ?? 0) > 127) digits.unshift(0);
  const tlv = (tag: number, content: number[]): number[] => {
    if (content.length < 128) return [tag, content.length, ...content];
    const size = [...Buffer.from(content.length.toString(16).padStart(4, '0'), 'hex')];
    while (size[0] === 0) size.shift();
    return [tag, 0x80 | size.length, ...size, ...content];
  };
  return Uint8Array.from(
    tlv(0x30, [
      ...tlv(2, digits),
      ...tlv(4, [...header.getPreviousHash_asU8()]),
      ...tlv(4, [...header.getDataHash_asU8()]),
    ]),
  );
}

function verifyData(block: common.Block): void {
  const hash = createHash('sha256');
  for (const envelope of block.getData()?.getDataList_asU8() ?? []) hash.update(envelope);
  if (!hash.digest().equals(block.getHeader()?.getDataHash_asU8() ?? new Uint8Array()))
    throw new Error('data hash');
}

/** How the signatures of later blocks are judged: by a quorum of named consenters, or by any member of the orderers. */
function orderersOf(first: common.Block): (block: common.Block) => number {
  const group = configurationOf(first).getGroupsMap().get('Orderer');
  const value = (name: string): Uint8Array =>
    group?.getValuesMap().get(name)?.getValue_asU8() ?? new Uint8Array();
  const type = orderer.ConsensusType.deserializeBinary(value('ConsensusType')).getType();
  if (type === 'BFT') {
    const consenters = new Map(
      common.Orderers.deserializeBinary(value('Orderers'))
        .getConsenterMappingList()
        .map((entry) => [entry.getId(), certificate(entry.getIdentity_asU8())]),
    );
    const quorum = quorumOf(group);
    return (block) => {
      const signers = new Set(
        signaturesOf(block).map(({ message, signature, identifier }) => {
          const signer = consenters.get(identifier);
          if (signer === undefined) throw new Error(`no consenter ${String(identifier)}`);
          if (!verify('sha256', message, signer.publicKey, signature))
            throw new Error(`signature of consenter ${String(identifier)}`);
          return identifier;
        }),
      );
      if (signers.size < quorum) throw new Error('no quorum');
      return signers.size;
    };
  }
  const roots = new Map<string, readonly X509Certificate[]>();
  group?.getGroupsMap().forEach((organization: common.ConfigGroup, mspId: string) => {
    const config = msp.MSPConfig.deserializeBinary(
      organization.getValuesMap().get('MSP')?.getValue_asU8() ?? new Uint8Array(),
    );
    const fabric = msp.FabricMSPConfig.deserializeBinary(config.getConfig_asU8());
    roots.set(mspId, fabric.getRootCertsList_asU8().map(certificate));
  });
  return (block) => {
    const signatures = signaturesOf(block);
    if (signatures.length !== 1) throw new Error(`${String(signatures.length)} signatures`);
    for (const { message, signature, creator } of signatures) {
      const identity = msp.SerializedIdentity.deserializeBinary(creator);
      const signer = certificate(identity.getIdBytes_asU8());
      const issued = roots
        .get(identity.getMspid())
        ?.some((root) => signer.checkIssued(root) && signer.verify(root.publicKey));
      if (issued !== true) throw new Error('the signer is no orderer');
      if (!verify('sha256', message, signer.publicKey, signature)) throw new Error('signature');
    }
    return signatures.length;
  };
}

function quorumOf(group: common.ConfigGroup | undefined): number {
  const policy = group?.getPoliciesMap().get('BlockValidation')?.getPolicy();
  const envelope = common.SignaturePolicyEnvelope.deserializeBinary(
    policy?.getValue_asU8() ?? new Uint8Array(),
  );
  const quorum = envelope.getRule()?.getNOutOf()?.getN() ?? 0;
  if (quorum === 0) throw new Error('no quorum is configured');
  return quorum;
}

interface BlockSignature {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly creator: Uint8Array;
  readonly identifier: number;
}

function signaturesOf(block: common.Block): readonly BlockSignature[] {
  const [bytes = new Uint8Array()] = block.getMetadata()?.getMetadataList_asU8() ?? [];
  const metadata = common.Metadata.deserializeBinary(bytes);
  return metadata.getSignaturesList().map((entry) => {
    const header = entry.getSignatureHeader_asU8();
    const identifier = entry.getIdentifierHeader_asU8();
    return {
      message: Buffer.concat([
        metadata.getValue_asU8(),
        ...[header, identifier, headerOctets(block)],
      ]),
      signature: entry.getSignature_asU8(),
      creator: common.SignatureHeader.deserializeBinary(header).getCreator_asU8(),
      identifier: common.IdentifierHeader.deserializeBinary(identifier).getIdentifier(),
    };
  });
}

function certificate(pem: Uint8Array): X509Certificate {
  return new X509Certificate(pem);
}
