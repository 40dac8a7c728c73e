import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, TermsFile } from '@midlock/client';
import { formatAccount, swapIdOf, type Direction } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreeSwap, type AgreedDeadlines } from '../../cli/src/demo/agree-swap.ts';
import { reportSwap, type SwapReport } from '../../cli/src/demo/swap-report.ts';
import { createCast, type Cast, type PartyName } from '../scenarios/cast.ts';
import {
  startEnvironment,
  type Environment,
  type EnvironmentKind,
} from '../scenarios/environment.ts';
import { isAvailable } from '../scenarios/parts.ts';
import { BUSY_MACHINE } from '../scenarios/profile.ts';
import { eventually } from '../scenarios/stage.ts';
import { buildExample } from './build-example.ts';
import { connectToken, type TokenClient } from './token-client.ts';

const ASSET = 'token';
const ETHER = 10n ** 18n;
const START_MS = 120_000;
const STORY_MS = 150_000;
/** Meant to be refunded, and soon. */
const SHORT: AgreedDeadlines = { slackSec: 2n, finishDespiteReorg: false };
const ROOMY: AgreedDeadlines = { slackSec: 40n, finishDespiteReorg: true, profile: BUSY_MACHINE };
type Holder = 'alice' | 'bob' | 'carol';

/** Swaps the token of examples/own-token with real agents: each way, and once in vain. */
export async function tellTokenSwaps(part: string, kind: EnvironmentKind): Promise<void> {
  const available = await isAvailable(part, kind);
  describe.skipIf(!available)(part, () => {
    const workDir = mkdtempSync(join(tmpdir(), 'midlock-own-token-'));
    let outDir: string | undefined;
    let environment: Environment | undefined;
    let cast: Cast | undefined;
    let tokens: Readonly<Record<Holder, TokenClient>>;
    const clients: TokenClient[] = [];

    beforeAll(async () => {
      const built = buildExample();
      ({ outDir } = built);
      environment = await startEnvironment({ ...kind, chaincode: built.command }, workDir);
      cast = await createCast(environment);
      const { networks } = environment;
      const { parties } = cast;
      const client = (name: Holder) =>
        connectToken(networks.description.fabric, parties[name].signers.fabric);
      tokens = { alice: client('alice'), bob: client('bob'), carol: client('carol') };
      clients.push(...Object.values(tokens));
      await issue(tokens, { alice: 300n, bob: 200n, carol: 500n });
      await cast.start();
    }, START_MS);

    afterAll(async () => {
      for (const client of clients) client.close();
      await cast?.close();
      await environment?.stop();
      for (const folder of [workDir, outDir])
        if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    }, START_MS);

    function running(): { readonly environment: Environment; readonly cast: Cast } {
      if (environment === undefined || cast === undefined) throw new Error('nothing was started');
      return { environment, cast };
    }

    const books = async () => {
      const { parties } = running().cast;
      const { holds, issued, free, locked } =
        await parties.observer.fabric.assets.conservation(ASSET);
      expect({ holds, issued }).toEqual({ holds: true, issued: '1000' });
      return { free: BigInt(free), locked: BigInt(locked) };
    };

    it(
      'settles each way and refunds what is abandoned; no unit is lost or made',
      async () => {
        const { networks } = running().environment;
        const { cast: players } = running();
        const { parties } = players;
        const agree = (
          direction: Direction,
          initiator: PartyName,
          amount: bigint,
          deadlines: AgreedDeadlines,
        ) =>
          agreeSwap(
            networks,
            parties[initiator],
            parties.bob,
            orderOf(direction, amount),
            deadlines,
          );
        const settled = (files: readonly TermsFile[], outcome: SwapReport['outcome']) =>
          Promise.all(
            files.map((file) =>
              eventually(async () => {
                const planned = {
                  title: '',
                  terms: file.terms,
                  plannedAtMs: 0,
                  interrupted: false,
                };
                const report = await reportSwap(planned, [], parties.observer);
                return report.outcome === outcome || undefined;
              }, STORY_MS),
            ),
          );
        const collect = async (holder: Holder, { terms }: TermsFile): Promise<bigint> => {
          const account = formatAccount(parties[holder].accounts.fabric);
          return BigInt(await tokens[holder].submit('Collect', account, swapIdOf(terms)));
        };

        expect(await books()).toEqual({ free: 1000n, locked: 0n });
        const abandoned = await agree('fabric-first', 'carol', 40n, SHORT);
        const { fabric } = parties.carol;
        await fabric.submit(await fabric.prepare({ action: 'lock', terms: abandoned.terms }));
        players.hand(abandoned);
        const sold = await agree('fabric-first', 'alice', 100n, ROOMY);
        const bought = await agree('ethereum-first', 'alice', 60n, ROOMY);
        players.hand(sold);
        players.hand(bought);
        // Everyday payments to and from the same holders, while locks and claims are under way.
        const [aliceId, bobId] = [await tokens.alice.id(), await tokens.bob.id()];
        for (let payment = 0; payment < 5; payment += 1) {
          await tokens.carol.submit('Transfer', bobId, '1');
          await tokens.bob.submit('Transfer', aliceId, '1');
          expect((await books()).free).toBeLessThanOrEqual(960n);
        }
        await settled([sold, bought], 'settled');
        await settled([abandoned], 'refunded');

        expect(await books()).toEqual({ free: 1000n, locked: 0n });
        expect(await collect('bob', sold)).toBe(100n);
        expect(await collect('alice', bought)).toBe(60n);
        expect(await collect('carol', abandoned)).toBe(40n);
        expect(await collect('bob', sold)).toBe(0n);
        expect(await books()).toEqual({ free: 1000n, locked: 0n });
        expect({
          alice: await tokens.alice.balance(),
          bob: await tokens.bob.balance(),
          carol: await tokens.carol.balance(),
        }).toEqual({ alice: 300n - 100n + 60n + 5n, bob: 200n + 100n - 60n, carol: 500n - 5n });
      },
      STORY_MS,
    );

    it('refuses a lock of more than the owner has', async () => {
      const { networks } = running().environment;
      const { alice, bob } = running().cast.parties;
      const order = orderOf('fabric-first', 10_000n);
      const { terms } = await agreeSwap(networks, alice, bob, order, ROOMY);
      await expect(alice.fabric.prepare({ action: 'lock', terms })).rejects.toMatchObject({
        code: 'ENDORSEMENT_REFUSED',
      });
    });
  });
}

/** The operator names the token, mints it and pays it out. */
async function issue(
  tokens: Readonly<Record<Holder, TokenClient>>,
  shares: Readonly<Record<Holder, bigint>>,
): Promise<void> {
  await tokens.carol.submit('Initialize', 'OWN');
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0n);
  await tokens.carol.submit('Mint', String(total));
  for (const holder of ['alice', 'bob'] as const)
    await tokens.carol.submit('Transfer', await tokens[holder].id(), String(shares[holder]));
}

function orderOf(direction: Direction, amount: bigint): Order {
  return {
    row: 0,
    direction,
    fabric: { assetKind: 'fungible', assetId: ASSET, amount },
    ethereum: { token: 'ETH', amount: ETHER / 100n },
    counterparty: 'bob',
  };
}
