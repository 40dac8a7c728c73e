import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { signTerms, termsFileText, type TermsFile } from '@midlock/client';
import { createOrganization } from '@midlock/devnode/msp';
import type { Address, Hex32, LedgerIntent, SwapTerms } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { eventually } from '../scenarios/stage.ts';
import { setBadInputStage, SUPPLY, type BadInputStage, type Config } from './stage.ts';

const YEAR_MS = 365 * 86_400_000;
const TIMEOUT_MS = 120_000;

let stage: BadInputStage;
let before: unknown;
beforeAll(async () => {
  stage = await setBadInputStage();
  before = await stage.holdings();
}, TIMEOUT_MS);
afterAll(() => stage.close());

/** Exit code, code of the catalogue and a next step: what every refusal must show. */
async function expectRefusal(
  status: number,
  code: string,
  ...args: readonly string[]
): Promise<void> {
  const refusal = await stage.midlock(...args);
  expect(refusal.stderr).toContain(code);
  expect(refusal.stderr).toMatch(/^next: {2}\S/m);
  expect(refusal.status).toBe(status);
}

describe('terms with one wrong field, dropped before the agents', () => {
  /** Every member of the terms, replaced by something well-formed that the parties did not sign. */
  const CHANGES: Readonly<Record<string, (terms: Terms) => void>> = {
    direction: (terms) => (terms.direction = 'ethereum-first'),
    hashLock: (terms) => (terms.hashLock = hex('11')),
    nonce: (terms) => (terms.nonce = hex('22')),
    'fabric.networkId': (terms) => (terms.fabric['networkId'] = hex('33')),
    'fabric.channel': (terms) => (terms.fabric['channel'] = 'other'),
    'fabric.chaincode': (terms) => (terms.fabric['chaincode'] = 'other'),
    'fabric.assetKind': (terms) => (terms.fabric['assetKind'] = 'unique'),
    'fabric.assetId': (terms) => (terms.fabric['assetId'] = 'silver'),
    'fabric.amount': (terms) => (terms.fabric['amount'] = '41'),
    'fabric.owner': (terms) => (terms.fabric['owner'] = `Org1MSP:${hex('44')}`),
    'fabric.beneficiary': (terms) => (terms.fabric['beneficiary'] = `Org2MSP:${hex('44')}`),
    'fabric.expiresAtSec': (terms) => (terms.fabric['expiresAtSec'] = '1'),
    'ethereum.chainId': (terms) => (terms.ethereum['chainId'] = '1'),
    'ethereum.escrow': (terms) => (terms.ethereum['escrow'] = address('55')),
    'ethereum.token': (terms) => (terms.ethereum['token'] = address('55')),
    'ethereum.amount': (terms) => (terms.ethereum['amount'] = '1'),
    'ethereum.owner': (terms) => (terms.ethereum['owner'] = address('55')),
    'ethereum.beneficiary': (terms) => (terms.ethereum['beneficiary'] = address('55')),
    'ethereum.expiresAtSec': (terms) => (terms.ethereum['expiresAtSec'] = '1'),
  };

  it('are all refused, each with its reason beside it', async () => {
    const signed = termsFileText(stage.file);
    const members = JSON.parse(signed) as { terms: Terms };
    const named = ['fabric', 'ethereum'].flatMap((leg) =>
      Object.keys(members.terms[leg as 'fabric']).map((key) => `${leg}.${key}`),
    );
    // A member that is added to the terms must be added here.
    expect(Object.keys(CHANGES).sort()).toEqual(
      ['direction', 'hashLock', 'nonce', ...named].sort(),
    );
    const inbox = join(stage.workDir, 'alice', 'inbox');
    const dropped = Object.entries(CHANGES).map(([field, change]) => {
      const file = JSON.parse(signed) as { terms: Terms };
      change(file.terms);
      stage.drop(`${field}.json`, JSON.stringify(file));
      return `${field}.json`;
    });
    const reasons = await eventually(() => {
      const refused = readdirSync(join(inbox, 'refused')).filter((name) =>
        name.endsWith('.reason'),
      );
      return Promise.resolve(refused.length === dropped.length ? refused : undefined);
    });
    for (const name of reasons) {
      const { code } = JSON.parse(readFileSync(join(inbox, 'refused', name), 'utf8')) as {
        code: string;
      };
      expect([name, code]).toEqual([
        name,
        expect.stringMatching(/^(TERMS_|ASSET_|AMOUNT_|DEADLINE_)/),
      ]);
    }
  });

  it.each<[string, Partial<SwapTerms['fabric']>, Partial<SwapTerms['ethereum']>]>([
    ['another chain', {}, { chainId: 1n }],
    ['another escrow', {}, { escrow: address('55') }],
    ['another Fabric network', { networkId: hex('33') as Hex32 }, {}],
    ['a deadline that is over', {}, { expiresAtSec: 1_000n }],
    ['more than there is', { amount: SUPPLY * 1_000n }, {}],
    ['an asset that nobody knows', { assetId: 'unobtainium' }, {}],
  ])(
    'signed by both for %s are handed to the agents, who lock nothing',
    async (_name, fabric, ethereum) => {
      const { terms } = stage.file;
      const wrong = {
        ...terms,
        fabric: { ...terms.fabric, ...fabric },
        ethereum: { ...terms.ethereum, ...ethereum },
      };
      stage.cast.hand(await signedByBoth({ version: 1, terms: wrong, acceptances: {} }));
    },
  );

  it.each<[string, Partial<SwapTerms['fabric']>, string]>([
    ['more than there is', { amount: SUPPLY * 1_000n }, 'BALANCE_INSUFFICIENT'],
    ['an asset that nobody knows', { assetId: 'unobtainium' }, 'BALANCE_INSUFFICIENT'],
    ['another network', { networkId: hex('33') as Hex32 }, 'NETWORK_MISMATCH'],
  ])('for %s cannot be locked by hand either', async (_name, fabric, code) => {
    const { terms } = stage.file;
    const wrong = { ...terms, fabric: { ...terms.fabric, ...fabric } };
    const lock = stage.cast.parties.alice.fabric.prepare({ action: 'lock', terms: wrong });
    await expect(lock).rejects.toMatchObject({ code });
  });
});

describe('secrets and amounts', () => {
  it.each([31, 33, 0])('a secret of %d bytes goes to no ledger', async (length) => {
    const { bob } = stage.cast.parties;
    const claim: LedgerIntent = {
      action: 'claim',
      terms: stage.file.terms,
      secret: new Uint8Array(length),
    };
    for (const ledger of ['fabric', 'ethereum'] as const)
      await expect(bob[ledger].prepare(claim)).rejects.toMatchObject({ code: 'SECRET_INVALID' });
  });

  it.each(['1.5', '-1', '1e3', '0x10', '', '0', String(2n ** 256n)])(
    'an amount of "%s" makes no terms',
    async (amount) => {
      await expectRefusal(
        2,
        'AMOUNT_INVALID',
        ...create('--amount', amount, '--ethereum-amount', '1'),
      );
      expect(existsSync(join(stage.workDir, 'deal.json'))).toBe(false);
    },
  );
});

describe('orders', () => {
  const HEADER =
    'direction,fabric_kind,fabric_asset,fabric_amount,ethereum_token,ethereum_amount,counterparty';
  it.each([
    ['a decimal amount', 'fabric-first,fungible,gold,1.5,ETH,1,bob'],
    ['a missing column', 'fabric-first,fungible,gold,1,ETH,1'],
    ['one column too many', 'fabric-first,fungible,gold,1,ETH,1,bob,more'],
    ['an open quote', 'fabric-first,fungible,"gold,1,ETH,1,bob'],
    ['an unknown direction', 'sideways,fungible,gold,1,ETH,1,bob'],
    ['an unknown kind', 'fabric-first,liquid,gold,1,ETH,1,bob'],
  ])('with %s are refused by row', async (name, row) => {
    const orders = stage.write(`${name.replaceAll(' ', '-')}.csv`, `${HEADER}\n${row}\n`);
    const bob = { fabric: `Org2MSP:${hex('44')}`, ethereum: address('55') };
    const counterparties = stage.write('counterparties.json', JSON.stringify({ bob }));
    await expectRefusal(
      2,
      'ORDERS_ROW_INVALID',
      'swap',
      'batch',
      orders,
      '--counterparties',
      counterparties,
    );
  });
});

describe('configuration', () => {
  const wrong: readonly (readonly [string, number, string, (config: Config) => void])[] = [
    [
      'an endpoint that is not there',
      4,
      'ENDPOINT_UNREACHABLE',
      ({ ethereum }) => (ethereum['endpoints'] = ['http://127.0.0.1:9']),
    ],
    [
      'a node of another chain',
      4,
      'ENDPOINT_WRONG_CHAIN',
      ({ ethereum }) => (ethereum['chainId'] = 1),
    ],
    [
      'an escrow that is not there',
      5,
      'NETWORK_MISMATCH',
      ({ ethereum }) => (ethereum['escrow'] = address('55')),
    ],
    [
      'another organisation than the certificate has',
      5,
      'ENDORSEMENT_REFUSED',
      ({ identity }) => (identity.fabric.mspId = 'Org2MSP'),
    ],
    [
      'an expired certificate',
      3,
      'IDENTITY_INVALID',
      (config) => identityOf(config, Date.now() - 20 * YEAR_MS),
    ],
    [
      'a certificate of another authority',
      5,
      'ENDORSEMENT_REFUSED',
      (config) => identityOf(config, Date.now()),
    ],
    [
      'a member that it does not know',
      3,
      'CONFIG_INVALID',
      (config) => ((config as unknown as Record<string, unknown>)['colour'] = 'red'),
    ],
    [
      'a network file that is not there',
      3,
      'CONFIG_INVALID',
      ({ network }) => (network.file = '/nowhere/network.json'),
    ],
  ];

  it.each(wrong)('with %s says so', async (name, status, code, change) => {
    const config = stage.config(name.replaceAll(' ', '-'), change);
    const deal = stage.write('deal.json', termsFileText(stage.file));
    await expectRefusal(status, code, 'swap', 'explain', deal, '--config', config);
  });

  it.each<[string, number, string, (config: Config) => void]>([
    [
      'a node of another chain',
      4,
      'ENDPOINT_WRONG_CHAIN',
      ({ ethereum }) => (ethereum['chainId'] = 1337),
    ],
    [
      'an expired certificate',
      3,
      'IDENTITY_INVALID',
      (config) => identityOf(config, Date.now() - 20 * YEAR_MS),
    ],
    [
      'a certificate of another authority',
      3,
      'IDENTITY_INVALID',
      (config) => identityOf(config, Date.now()),
    ],
    [
      'another organisation than the certificate has',
      3,
      'IDENTITY_INVALID',
      ({ identity }) => (identity.fabric.mspId = 'Org2MSP'),
    ],
    [
      'a certificate that is not there',
      3,
      'IDENTITY_INVALID',
      ({ identity }) => (identity.fabric.certPath = '/nowhere/cert.pem'),
    ],
    [
      'a key that is not there',
      3,
      'IDENTITY_INVALID',
      ({ identity }) => (identity.fabric.key.file = '/nowhere/key.pem'),
    ],
  ])('with %s starts no agent', async (name, expected, code, change) => {
    const config = stage.config(`start-${name.replaceAll(' ', '-')}`, change);
    const { status, stdout } = await stage.midlock('agent', 'start', '--config', config);
    expect(stdout).toContain(`"code":"${code}"`);
    expect(stdout).toMatch(/"next":"\w/);
    expect(status).toBe(expected);
  });

  it('whose ports another relayer has starts no relayer', async () => {
    const running = parse(
      readFileSync(join(stage.workDir, 'relayer', 'relayer.yaml'), 'utf8'),
    ) as Config;
    const store = { path: join(stage.workDir, 'second.sqlite') };
    const config = stage.write('second.yaml', stringify({ ...running, store }));
    const { status, stdout } = await stage.midlock('relayer', 'start', '--config', config);
    expect(stdout).toContain('"code":"PORT_IN_USE"');
    expect(status).toBe(4);
  });

  it('cut off in the middle is refused', async () => {
    const whole = readFileSync(
      stage.config('whole', () => undefined),
      'utf8',
    );
    const config = stage.write('cut.yaml', whole.slice(0, whole.length / 2));
    await expectRefusal(3, 'CONFIG_INVALID', 'keys', 'show', '--config', config);
  });
});

describe('after all of it', () => {
  it('nothing is locked and nothing is lost on either ledger', async () => {
    expect(await stage.untouched()).toBe(true);
    expect(await stage.holdings()).toEqual(before);
  });

  it('the agents still live', () => {
    expect(stage.cast.deaths).toEqual([]);
  });
});

/** The members of terms as they stand in a file. */
interface Terms {
  direction: string;
  hashLock: string;
  nonce: string;
  fabric: Record<string, string>;
  ethereum: Record<string, string>;
}

function create(...more: readonly string[]): string[] {
  const parties = [
    '--counterparty-fabric',
    `Org2MSP:${hex('44')}`,
    '--counterparty-ethereum',
    address('55'),
  ];
  return [
    'swap',
    'create',
    '--direction',
    'fabric-first',
    '--asset',
    'gold',
    ...more,
    ...parties,
    '--out',
    'deal.json',
  ];
}

async function signedByBoth(file: TermsFile): Promise<TermsFile> {
  const { alice, bob } = stage.cast.parties;
  return signTerms(await signTerms(file, alice.signers), bob.signers);
}

/** Gives a configuration the certificate of an authority that the channel does not know, made at that time. */
function identityOf(config: Config, nowMs: number): void {
  const made = createOrganization({
    mspId: 'Org1MSP',
    domain: 'org1.example.com',
    peers: [],
    users: ['User1'],
    nowMs,
  });
  const user = made.users.find(({ name }) => name === 'User1');
  if (user === undefined) throw new Error('no user');
  const stamp = String(nowMs);
  config.identity.fabric.certPath = stage.write(`${stamp}.pem`, user.sign.certificatePem);
  config.identity.fabric.key.file = stage.write(`${stamp}.key`, user.sign.privateKeyPem);
}

function hex(byte: string): `0x${string}` {
  return `0x${byte.repeat(32)}`;
}

function address(byte: string): Address {
  return `0x${byte.repeat(20)}` as Address;
}
