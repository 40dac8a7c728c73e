// Writes vectors/swap-ids.json. Every hash in it comes from ethers' TypedDataEncoder with types spelled out here,
// never from protocol's own code, so that the two implementations check each other.
import { writeFileSync } from 'node:fs';
import { TypedDataEncoder, id, solidityPackedKeccak256, type TypedDataField } from 'ethers';
import { VectorRandom } from './random.ts';

const FABRIC_ACCOUNT = { FabricAccount: fields('string mspId,bytes32 key') };
const FABRIC_LEG = {
  ...FABRIC_ACCOUNT,
  FabricLeg: fields(
    'bytes32 networkId,string channel,string chaincode,string assetKind,string assetId,uint256 amount,' +
      'FabricAccount owner,FabricAccount beneficiary,uint256 expiresAtSec',
  ),
};
const ETHEREUM_LEG = {
  EthereumLeg: fields(
    'uint256 chainId,address escrow,address token,uint256 amount,address owner,address beneficiary,uint256 expiresAtSec',
  ),
};
const COUNTERPART = {
  ...FABRIC_LEG,
  Counterpart: fields('uint8 version,uint8 direction,bytes32 nonce,FabricLeg fabric'),
};
const SWAP = {
  ...COUNTERPART,
  ...ETHEREUM_LEG,
  Swap: fields('EthereumLeg ethereum,bytes32 hashLock,Counterpart counterpart'),
};

interface Leg {
  readonly [field: string]: string;
}
interface Terms {
  readonly version: 1;
  readonly direction: string;
  readonly hashLock: string;
  readonly nonce: string;
  readonly fabric: Leg;
  readonly ethereum: Leg;
}

const MAX_AMOUNT = String((1n << 128n) - 1n);
const MAX_SEC = String((1n << 40n) - 1n);
const HEX_1 = `0x${'0'.repeat(63)}1`;
const HEX_F = `0x${'f'.repeat(64)}`;
const ADDRESS_0 = `0x${'0'.repeat(40)}`;
const ADDRESS_1 = `0x${'0'.repeat(39)}1`;
const ADDRESS_F = `0x${'f'.repeat(40)}`;

function fields(text: string): TypedDataField[] {
  return text.split(',').map((field) => {
    const [type = '', name = ''] = field.split(' ');
    return { type, name };
  });
}

function randomTerms(random: VectorRandom): Terms {
  const assetKind = random.pick(['fungible', 'fungible', 'unique', 'evidence']);
  return {
    version: 1,
    direction: random.pick(['fabric-first', 'ethereum-first']),
    hashLock: random.hex(32),
    nonce: random.hex(32),
    fabric: {
      networkId: random.hex(32),
      channel: random.pick(['trade', 'channel-1', 'c.2']),
      chaincode: random.pick(['midlock', 'swap_v2', 'a']),
      assetKind,
      assetId: random.pick(['EUR', 'bond:2031', 'x'.repeat(128), 'lot-7']),
      amount: assetKind === 'fungible' ? String(1n + random.below(1n << 128n) / 2n) : '1',
      owner: account(random),
      beneficiary: account(random),
      expiresAtSec: String(1n + random.below((1n << 40n) - 1n)),
    },
    ethereum: {
      chainId: String(1n + random.below((1n << 64n) - 1n)),
      escrow: random.hex(20),
      token: random.pick([ADDRESS_0, random.hex(20)]),
      amount: String(1n + random.below((1n << 128n) - 1n)),
      owner: random.hex(20),
      beneficiary: random.hex(20),
      expiresAtSec: String(1n + random.below((1n << 40n) - 1n)),
    },
  };
}

function account(random: VectorRandom): string {
  return `${random.pick(['Org1MSP', 'Org2MSP', 'neutral.example', '0'])}:${random.hex(32)}`;
}

function edgeTerms(): [string, Terms][] {
  const base = randomTerms(new VectorRandom('midlock/vectors/swap-ids/edge'));
  const fungible: Terms = {
    ...base,
    direction: 'fabric-first',
    fabric: { ...base.fabric, channel: 'trade', chaincode: 'midlock', assetKind: 'fungible' },
    ethereum: { ...base.ethereum, token: ADDRESS_F },
  };
  const fabric = (leg: Leg): Terms => ({ ...fungible, fabric: { ...fungible.fabric, ...leg } });
  const ethereum = (leg: Leg): Terms => ({
    ...fungible,
    ethereum: { ...fungible.ethereum, ...leg },
  });
  const key = `0x${'0'.repeat(64)}`;
  return [
    ['base of the edge cases', fungible],
    ['direction ethereum-first', { ...fungible, direction: 'ethereum-first' }],
    ['nonce zero', { ...fungible, nonce: key }],
    ['nonce all ones', { ...fungible, nonce: HEX_F }],
    ['hash lock one', { ...fungible, hashLock: HEX_1 }],
    ['hash lock all ones', { ...fungible, hashLock: HEX_F }],
    ['least amounts', { ...fabric({ amount: '1' }), ethereum: ethereum({ amount: '1' }).ethereum }],
    [
      'greatest amounts',
      { ...fabric({ amount: MAX_AMOUNT }), ethereum: ethereum({ amount: MAX_AMOUNT }).ethereum },
    ],
    [
      'least deadlines',
      { ...fabric({ expiresAtSec: '1' }), ethereum: ethereum({ expiresAtSec: '1' }).ethereum },
    ],
    [
      'greatest deadlines',
      {
        ...fabric({ expiresAtSec: MAX_SEC }),
        ethereum: ethereum({ expiresAtSec: MAX_SEC }).ethereum,
      },
    ],
    ['unique asset', fabric({ assetKind: 'unique', amount: '1' })],
    ['evidence', fabric({ assetKind: 'evidence', amount: '1' })],
    ['shortest names', fabric({ channel: 'c', chaincode: 'm', assetId: 'a' })],
    [
      'longest names',
      fabric({
        channel: 'c'.repeat(128),
        chaincode: `m${'.'.repeat(127)}`,
        assetId: `a${':'.repeat(127)}`,
      }),
    ],
    ['names with every sign', fabric({ channel: 'a.b_c:d-e', assetId: '0._:-Z' })],
    [
      'account keys at both ends',
      fabric({ owner: `A:${key}`, beneficiary: `${'Z'.repeat(64)}:${HEX_F}` }),
    ],
    ['one account on both sides', fabric({ owner: `A:${HEX_1}`, beneficiary: `A:${HEX_1}` })],
    ['channel and chaincode exchanged', fabric({ channel: 'midlock', chaincode: 'trade' })],
    ['ether', ethereum({ token: ADDRESS_0 })],
    ['chain id one', ethereum({ chainId: '1' })],
    ['greatest chain id', ethereum({ chainId: String((1n << 64n) - 1n) })],
    ['least addresses', ethereum({ escrow: ADDRESS_1, owner: ADDRESS_1, beneficiary: ADDRESS_1 })],
    [
      'greatest addresses',
      ethereum({ escrow: ADDRESS_F, token: ADDRESS_F, owner: ADDRESS_F, beneficiary: ADDRESS_F }),
    ],
  ];
}

function split(text: string): { mspId: string; key: string } {
  const [mspId = '', key = ''] = text.split(':');
  return { mspId, key };
}

function hashes(terms: Terms) {
  const fabric = {
    ...terms.fabric,
    owner: split(terms.fabric['owner'] ?? ''),
    beneficiary: split(terms.fabric['beneficiary'] ?? ''),
  };
  const counterpart = {
    version: terms.version,
    direction: terms.direction === 'fabric-first' ? 0 : 1,
    nonce: terms.nonce,
    fabric,
  };
  const swap = { ethereum: terms.ethereum, hashLock: terms.hashLock, counterpart };
  const { chainId, escrow } = terms.ethereum;
  const domain = {
    name: 'Midlock',
    version: '1',
    chainId: chainId ?? '',
    verifyingContract: escrow ?? '',
  };
  return {
    fabricLegHash: TypedDataEncoder.hashStruct('FabricLeg', FABRIC_LEG, fabric),
    ethereumLegHash: TypedDataEncoder.hashStruct('EthereumLeg', ETHEREUM_LEG, terms.ethereum),
    counterpartHash: TypedDataEncoder.hashStruct('Counterpart', COUNTERPART, counterpart),
    swapId: TypedDataEncoder.hashStruct('Swap', SWAP, swap),
    domainSeparator: TypedDataEncoder.hashDomain(domain),
    acceptanceDigest: TypedDataEncoder.hash(domain, SWAP, swap),
    secretDomain: solidityPackedKeccak256(
      ['bytes32', 'bytes32', 'bytes32', 'bytes32', 'uint256', 'uint256'],
      [
        id('midlock/secret-domain/v1'),
        terms.fabric['networkId'],
        id(terms.fabric['channel'] ?? ''),
        id(terms.fabric['chaincode'] ?? ''),
        chainId,
        BigInt(escrow ?? ''),
      ],
    ),
  };
}

function types() {
  const encoder = TypedDataEncoder.from(SWAP);
  return Object.keys(SWAP).map((name) => ({
    name,
    typeString: encoder.encodeType(name),
    typeHash: id(encoder.encodeType(name)),
  }));
}

const random = new VectorRandom('midlock/vectors/swap-ids');
const cases = [
  ...edgeTerms(),
  ...Array.from({ length: 44 }, (_, index): [string, Terms] => [
    `random ${index}`,
    randomTerms(random),
  ]),
].map(([name, terms]) => ({ name, terms, ...hashes(terms) }));

const file = {
  about:
    "Swap ids (docs/swap.md, Terms and ids). Written by protocol/scripts/swap-id-vectors.ts with ethers' TypedDataEncoder.",
  types: types(),
  cases,
};
writeFileSync(
  new URL('../../vectors/swap-ids.json', import.meta.url),
  `${JSON.stringify(file, null, 2)}\n`,
);
