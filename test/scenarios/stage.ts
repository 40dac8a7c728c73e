import {
  conservationOf,
  holdingsOf,
  type Holdings,
  type Order,
  type TermsFile,
} from '@midlock/client';
import {
  ETH,
  isMidlockError,
  type Direction,
  type LedgerName,
  type SwapProfile,
  type SwapTerms,
} from '@midlock/protocol';
import { agreeSwap } from '../../cli/src/demo/agree-swap.ts';
import { createFungibles, handOut } from '../../cli/src/demo/provision.ts';
import { reportSwap, type SwapReport } from '../../cli/src/demo/swap-report.ts';
import { TOKEN_SYMBOL } from '../../cli/src/networks/development.ts';
import { createCast, type Cast, type PartyName } from './cast.ts';
import type { Environment } from './environment.ts';
import { BUSY_MACHINE } from './profile.ts';

export const GOLD = 'gold';
const ETHER = 10n ** 18n;

/** Terms with the parties that they bind. */
export interface StagedSwap {
  readonly terms: SwapTerms;
  readonly file: TermsFile;
  readonly initiator: PartyName;
  readonly responder: PartyName;
}

/** An environment with its cast, and how scenarios look at both. */
export interface Stage {
  readonly environment: Environment;
  readonly cast: Cast;
  /** Issues what is to be swapped and has both parties sign. ETH one way, tokens the other, between parties with agents. */
  agree(direction: Direction, options?: AgreeOptions): Promise<StagedSwap>;
  /** Agrees on a swap each way between Alice and Bob and hands both to their agents. */
  bothWays(): Promise<readonly StagedSwap[]>;
  /** Waits until no leg is open or not final; returns what both ledgers say then. */
  outcome(swap: StagedSwap, timeoutMs?: number): Promise<SwapReport['outcome']>;
  untilLocked(swap: StagedSwap, ledger: LedgerName): Promise<void>;
  /** True when both ledgers account for every unit. */
  conserved(): Promise<boolean>;
  holdings(party: PartyName): Promise<Holdings>;
  /** Every swap that was agreed, with its outcome once asked for. */
  readonly played: readonly {
    readonly swap: StagedSwap;
    readonly outcome: SwapReport['outcome'];
  }[];
  close(): Promise<void>;
}

export interface AgreeOptions {
  readonly initiator?: PartyName;
  readonly responder?: PartyName;
  /** Time for queueing before the first lock; short where the swap is meant to be refunded. */
  readonly slackSec?: bigint;
  /** Figures to plan with; default the initiator's. */
  readonly profile?: SwapProfile;
}

const POLL_MS = 300;
const DIRECTIONS = ['fabric-first', 'ethereum-first'] as const;

export async function setStage(environment: Environment): Promise<Stage> {
  const { networks } = environment;
  const cast = await createCast(environment);
  const { parties } = cast;
  const counted = { fungible: [GOLD], single: [], tokens: { ETH, [TOKEN_SYMBOL]: networks.token } };
  const played: { swap: StagedSwap; outcome: SwapReport['outcome'] }[] = [];
  await Promise.all([
    createFungibles([orderOf('fabric-first')], parties.carol),
    ...[parties.alice, parties.bob].map((party) =>
      party.ethereum.account.approve(networks.token, 10n ** 30n),
    ),
  ]);

  async function agree(direction: Direction, options: AgreeOptions = {}): Promise<StagedSwap> {
    const { initiator = 'alice', responder = 'bob', slackSec = 40n, profile } = options;
    const order = orderOf(direction, initiator === 'alice');
    await handOut([order], parties.carol, parties[initiator], parties[responder]);
    const deadlines = {
      slackSec,
      finishDespiteReorg: slackSec >= 10n,
      ...(profile === undefined ? {} : { profile }),
    };
    const file = await agreeSwap(
      networks,
      parties[initiator],
      parties[responder],
      order,
      deadlines,
    );
    return { terms: file.terms, file, initiator, responder };
  }

  const report = async (swap: StagedSwap): Promise<SwapReport['outcome']> => {
    const planned = { title: '', terms: swap.terms, plannedAtMs: 0, interrupted: false };
    return (await reportSwap(planned, [], parties.observer)).outcome;
  };

  return {
    environment,
    cast,
    played,
    agree,
    async bothWays() {
      const swaps = await Promise.all(
        DIRECTIONS.map((direction) => agree(direction, { profile: BUSY_MACHINE })),
      );
      for (const { file } of swaps) cast.hand(file);
      return swaps;
    },
    async outcome(swap, timeoutMs = 90_000) {
      const outcome = await eventually(async () => {
        const now = await report(swap);
        return now === 'open' ? undefined : now;
      }, timeoutMs).catch(() => 'open' as const);
      played.push({ swap, outcome });
      return outcome;
    },
    untilLocked: (swap, ledger) =>
      eventually(async () => {
        const { state } = await parties.observer[ledger].leg(swap.terms);
        return state === 'none' ? undefined : true;
      }).then(() => undefined),
    async conserved() {
      const { fabric, ethereum } = await eventually(() =>
        conservationOf(parties.observer, counted),
      );
      return fabric && ethereum;
    },
    holdings: (party) => holdingsOf(parties[party].accounts, parties.observer, counted),
    close: () => cast.close(),
  };
}

let serial = 0n;

/** Gold against tokens, or against whole ETH where gas must not blur the sum; every amount is another one. */
function orderOf(direction: Direction, tokens = false): Order {
  serial += 1n;
  const token = tokens && direction === 'ethereum-first' ? TOKEN_SYMBOL : 'ETH';
  return {
    row: 0,
    direction,
    fabric: { assetKind: 'fungible', assetId: GOLD, amount: 10n + serial },
    ethereum: { token, amount: token === 'ETH' ? ETHER : (10n + serial) * ETHER },
    counterparty: 'bob',
  };
}

/** Tries until something comes of it; what ledgers refuse for the moment is tried again. Rejects after `timeoutMs` with the last refusal. */
export async function eventually<T>(
  attempt: () => Promise<T | undefined>,
  timeoutMs = 60_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  let last: unknown = new Error('nothing came of it in time');
  for (;;) {
    try {
      const value = await attempt();
      if (value !== undefined) return value;
    } catch (error) {
      if (!isMidlockError(error)) throw error;
      last = error;
    }
    if (Date.now() > until) throw last;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
