import { REFUSALS, termsFileText, type RefusalId } from '@midlock/client';
import { formatAccount } from '@midlock/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { swapCreateCommand, swapSettleCommand } from '../../cli/src/commands/swap.ts';
import { setStartUpStage, type Config, type Role, type StartUpStage } from './stage.ts';

let stage: StartUpStage;
beforeAll(async () => {
  stage = await setStartUpStage();
}, 120_000);
afterAll(() => stage.close());

type Change = (config: Config) => void;

/** One way into a row: with `defect` nothing starts, with `sound` it does. */
interface Case {
  readonly id: RefusalId;
  readonly role: Role;
  readonly how: string;
  readonly defect: () => Change;
  readonly sound: () => Change;
}

const nothing = (): Change => () => undefined;

const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'];

function skewed(count: number, ms: number): Change {
  for (const mspId of ORGANIZATIONS.slice(0, count)) stage.environment.skewClock(mspId, ms);
  return () => undefined;
}

function unguarded(count: number): Change {
  for (const mspId of ORGANIZATIONS.slice(0, count)) stage.environment.guardStamps(mspId, false);
  return () => undefined;
}

const keyOf =
  (mode: number): (() => Change) =>
  () => {
    const file = stage.write('ethereum.key', `0x${'7'.repeat(64)}`, mode);
    return ({ identity }) => (identity.ethereum.key = { file });
  };

const tokenOf =
  (mode: number): (() => Change) =>
  () => {
    const file = stage.write('token', 'mlk_a_b', mode);
    return (config) => {
      if (config.relayer !== undefined) config.relayer.token = { file };
    };
  };

const onValuableChain = (own: boolean): Change => {
  const { url, escrow } = stage.valuableChain;
  const key = own ? stage.ownKey() : undefined;
  return ({ ethereum, identity }) => {
    Object.assign(ethereum, { endpoints: [url], chainId: 5, escrow });
    if (key !== undefined) identity.ethereum.key = { file: key };
  };
};

const endpoints =
  (second: () => string): (() => Change) =>
  () => {
    const urls = [stage.environment.networks.description.ethereum.url, second()];
    return ({ ethereum }) => Object.assign(ethereum, { endpoints: urls, quorum: 2 });
  };

const AWAY = 'http://127.0.0.1:9';
const CASES: readonly Case[] = [
  ...(['agent', 'relayer'] as const).flatMap((role): Case[] => [
    { id: 'secret-exposed', role, how: 'a key file', defect: keyOf(0o640), sound: keyOf(0o600) },
    {
      id: 'development-key',
      role,
      how: 'on chain 5',
      defect: () => onValuableChain(false),
      sound: () => onValuableChain(true),
    },
    {
      id: 'clock-offset',
      role,
      how: 'by two of three organisations, not by one',
      defect: () => skewed(2, -20_000),
      sound: () => skewed(1, -20_000),
    },
    {
      id: 'rpc-quorum',
      role,
      how: 'one of two nodes away',
      defect: endpoints(() => AWAY),
      sound: endpoints(() => stage.environment.networks.description.ethereum.url),
    },
    {
      id: 'stamp-guard',
      role,
      how: 'in two of three organisations, not in one',
      defect: () => unguarded(2),
      sound: () => unguarded(1),
    },
  ]),
  {
    id: 'identity-refused',
    role: 'agent',
    how: 'a certificate of Org2 as Org3',
    defect:
      () =>
      ({ identity }) =>
        (identity.fabric.mspId = 'Org3MSP'),
    sound: nothing,
  },
  {
    id: 'secret-exposed',
    role: 'agent',
    how: "the relayer's token",
    defect: tokenOf(0o644),
    sound: tokenOf(0o600),
  },
  {
    id: 'open-listener',
    role: 'relayer',
    how: 'the API without TLS and tokens',
    defect: () => (config) => (config.api = { host: '0.0.0.0', port: 0 }),
    sound: () => {
      const tls = stage.tls();
      return (config) => (config.api = { host: '0.0.0.0', port: 0, ...tls });
    },
  },
  {
    id: 'open-listener',
    role: 'relayer',
    how: 'operations',
    defect: () => (config) => (config.operations = { host: '0.0.0.0', port: 0 }),
    sound: nothing,
  },
];

afterEach(() => {
  for (const mspId of ORGANIZATIONS) {
    stage.environment.skewClock(mspId, 0);
    stage.environment.guardStamps(mspId, true);
  }
});

describe('the real start-up', () => {
  it.each(CASES)('of a $role refuses $id ($how), and only that', async (row) => {
    const { id, role, defect, sound } = row;
    await expect(stage.start(role, defect())).rejects.toMatchObject({ code: REFUSALS[id].code });
    for (const mspId of ORGANIZATIONS) {
      stage.environment.skewClock(mspId, 0);
      stage.environment.guardStamps(mspId, true);
    }
    await stage.start(role, sound());
  });

  it('has a case for every row', () => {
    expect([...new Set(CASES.map(({ id }) => id))].sort()).toEqual(Object.keys(REFUSALS).sort());
  });

  it('goes on with open swaps where only the networks are unfit', async () => {
    const resume = await stage.openSwap();
    skewed(3, 60_000);
    await expect(stage.start('agent', nothing())).rejects.toMatchObject({ code: 'CLOCK_OFF' });
    await stage.start('agent', resume);
  });
});

describe('commands', () => {
  const lines: string[] = [];
  const output = {
    json: false,
    result: () => undefined,
    progress: (line: string) => void lines.push(line),
  };

  it('that enter into something new are refused like processes', async () => {
    const { accounts } = stage.cast.parties.alice;
    unguarded(3);
    const create = swapCreateCommand(
      stage.config('agent', () => undefined),
      {
        direction: 'fabric-first',
        kind: 'fungible',
        asset: 'gold',
        amount: '1',
        token: 'ETH',
        ethereumAmount: '1',
        counterpartyFabric: formatAccount(accounts.fabric),
        counterpartyEthereum: accounts.ethereum,
        out: '/nonexistent/deal.json',
      },
      output,
    );
    await expect(create).rejects.toMatchObject({ code: 'STAMPS_UNGUARDED' });
  });
  it('that finish a swap warn and go on', async () => {
    const terms = stage.write('deal.json', termsFileText(await stage.agree()), 0o600);
    unguarded(3);
    lines.length = 0;
    const config = stage.config('agent', () => undefined);
    await expect(swapSettleCommand('refund', terms, config, output)).rejects.not.toMatchObject({
      code: 'STAMPS_UNGUARDED',
    });
    expect(lines.join()).toContain('STAMPS_UNGUARDED');
  });
});
