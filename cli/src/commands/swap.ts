import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  acceptSwap,
  claimSwap,
  createSwap,
  createSystemClock,
  explainSwap,
  isAccepted,
  openSqliteStore,
  parseOrders,
  planSwap,
  recoverSwaps,
  refundLock,
  refundSwap,
  systemRandom,
  verifyAcceptance,
  type PartyAccounts,
  type RecoveredSwap,
  type TermsFile,
} from '@midlock/client';
import {
  ETH,
  MidlockError,
  parseAccount,
  parseAddress,
  parseAmount,
  swapIdOf,
  type AssetKind,
  type Address,
} from '@midlock/protocol';
import { table, type Output } from '../output.ts';
import { loadPartyConfig, openParty, type OpenParty } from '../party/open-party.ts';
import { refuseUnfit, type Deed } from '../party/start-up.ts';
import { dropInto, readTermsAt, writeTermsAt } from '../party/terms-at.ts';
import { parseDirection, parseSeconds } from './plan.ts';

const WAIT_LIMIT_MS = 15 * 60 * 1000;

export interface SwapCreateOptions {
  readonly direction: string;
  readonly kind: string;
  readonly asset: string;
  readonly amount: string;
  readonly token: string;
  readonly ethereumAmount: string;
  readonly counterpartyFabric: string;
  readonly counterpartyEthereum: string;
  readonly slack?: string;
  readonly out: string;
}

/** Runs work with the configured party and closes it; a deed is refused where a process would refuse to start. */
async function withParty<T>(
  configFile: string | undefined,
  work: (party: OpenParty) => Promise<T>,
  act?: { readonly deed: Deed; readonly output: Output },
): Promise<T> {
  const party = await openParty(loadPartyConfig(configFile));
  try {
    if (act !== undefined)
      await refuseUnfit(party, act.deed, (line) => {
        act.output.progress(line);
      });
    return await work(party);
  } finally {
    party.close();
  }
}

/** `midlock swap create`: plans, draws a nonce, signs as initiator and writes the terms file. */
export async function swapCreateCommand(
  configFile: string | undefined,
  options: SwapCreateOptions,
  output: Output,
): Promise<void> {
  const act = { deed: 'enter', output } as const;
  const file = await withParty(configFile, (party) => create(party, options), act);
  writeTermsAt(options.out, file);
  output.result(
    { file: options.out, swapId: swapIdOf(file.terms), terms: file.terms },
    `${options.out}: swap ${swapIdOf(file.terms)}, signed by you.\nNext: send the file to the counterparty, who runs "midlock swap accept ${options.out}".`,
  );
}

async function create(party: OpenParty, options: SwapCreateOptions): Promise<TermsFile> {
  const responder: PartyAccounts = {
    fabric: parseAccount(options.counterpartyFabric, '--counterparty-fabric'),
    ethereum: parseAddress(options.counterpartyEthereum.toLowerCase(), '--counterparty-ethereum'),
  };
  const amounts = {
    fabric: parseAmount(options.amount, '--amount'),
    ethereum: parseAmount(options.ethereumAmount, '--ethereum-amount'),
  };
  const kind = parseKind(options.kind);
  return agree(party, responder, {
    direction: parseDirection(options.direction),
    fabric: { assetKind: kind, assetId: options.asset, amount: amounts.fabric },
    token: parseToken(options.token),
    ethereumAmount: amounts.ethereum,
    ...(options.slack === undefined ? {} : { slackSec: parseSeconds(options.slack, '--slack') }),
  });
}

interface Wish {
  readonly direction: ReturnType<typeof parseDirection>;
  readonly fabric: {
    readonly assetKind: AssetKind;
    readonly assetId: string;
    readonly amount: bigint;
  };
  readonly token: Address;
  readonly ethereumAmount: bigint;
  readonly slackSec?: bigint;
}

/** Terms by the planner at both ledgers' time, signed by the initiator. */
async function agree(
  party: OpenParty,
  responder: PartyAccounts,
  { direction, fabric, token, ethereumAmount, slackSec }: Wish,
): Promise<TermsFile> {
  const { profile, config, networkId, escrow } = party;
  const nowSec = await ledgerTime(party);
  const plan = planSwap({
    direction,
    profile,
    nowSec,
    ...(slackSec === undefined ? {} : { slackSec }),
  });
  const file = await createSwap(
    {
      plan,
      fabric: {
        networkId,
        channel: config.fabric.channel,
        chaincode: config.fabric.chaincode,
        ...fabric,
      },
      ethereum: { chainId: config.ethereum.chainId, escrow, token, amount: ethereumAmount },
      initiator: party.accounts,
      responder,
    },
    {
      seed: party.seed,
      random: systemRandom,
      save: (draft) => {
        writeTermsAt(join(draftsOf(party), `${swapIdOf(draft.terms)}.json`), draft);
        return Promise.resolve();
      },
    },
  );
  return acceptSwap(file, party.signers, { profile, nowSec });
}

/** `midlock swap accept`: checks every obligation, signs, and hands the terms to this party's agent. */
export async function swapAcceptCommand(
  path: string,
  configFile: string | undefined,
  output: Output,
): Promise<void> {
  const file = await withParty(
    configFile,
    async (party) =>
      acceptSwap(readTermsAt(path), party.signers, {
        profile: party.profile,
        nowSec: await ledgerTime(party),
      }),
    { deed: 'enter', output },
  );
  writeTermsAt(path, file);
  const inbox = loadPartyConfig(configFile).inbox;
  if (inbox !== undefined) dropInto(inbox, file);
  const both = isAccepted(file);
  output.result(
    { file: path, swapId: swapIdOf(file.terms), accepted: both },
    `${path}: ${both ? 'signed by both parties; agents run it from here.' : 'signed by you; the other party has not signed yet.'}`,
  );
}

/** `midlock swap show`: the terms, who signed them, and both legs as the ledgers have them. */
export async function swapShowCommand(
  path: string,
  configFile: string | undefined,
  output: Output,
): Promise<void> {
  const file = readTermsAt(path);
  const { terms } = file;
  const [fabric, ethereum] = await withParty(configFile, (party) =>
    Promise.all([party.fabric.leg(terms), party.ethereum.leg(terms)]),
  );
  const signed = (['initiator', 'responder'] as const).filter((role) =>
    verifyAcceptance(file, role),
  );
  const legs = { fabric: fabric.state, ethereum: ethereum.state };
  output.result(
    { swapId: swapIdOf(terms), terms, signed, legs },
    [
      `swap       ${swapIdOf(terms)} (${terms.direction})`,
      `Fabric     ${String(terms.fabric.amount)} ${terms.fabric.assetId} until ${new Date(Number(terms.fabric.expiresAtSec) * 1000).toISOString()}: ${legs.fabric}`,
      `Ethereum   ${String(terms.ethereum.amount)} of ${terms.ethereum.token === ETH ? 'ETH' : terms.ethereum.token} until ${new Date(Number(terms.ethereum.expiresAtSec) * 1000).toISOString()}: ${legs.ethereum}`,
      `signed by  ${signed.length === 0 ? 'nobody' : signed.join(' and ')}`,
    ].join('\n'),
  );
}

/** `midlock swap list`: the swaps in this party's journal. */
export async function swapListCommand(
  configFile: string | undefined,
  output: Output,
): Promise<void> {
  const { store: place } = loadPartyConfig(configFile);
  if (!existsSync(place.path))
    throw new MidlockError('SWAP_UNKNOWN', {
      journal: place.path,
      next: 'no agent has run with this configuration',
    });
  const store = openSqliteStore(place.path);
  try {
    const rows = await store.list({ limit: 1000 });
    const swaps = rows.map(({ session, open }) => ({
      swapId: session.swapId,
      role: session.role,
      direction: session.terms.direction,
      open,
    }));
    output.result(
      { swaps },
      table([
        ['swap', 'role', 'direction', ''],
        ...swaps.map((swap) => [
          swap.swapId,
          swap.role,
          swap.direction,
          swap.open ? 'open' : 'done',
        ]),
      ]),
    );
  } finally {
    await store.close();
  }
}

/** `midlock swap explain`: why a swap waits, who must act, until when; read from the ledgers alone. */
export async function swapExplainCommand(
  path: string,
  configFile: string | undefined,
  output: Output,
): Promise<void> {
  const { terms } = readTermsAt(path);
  const explanation = await withParty(configFile, ({ fabric, ethereum, accounts, profile }) =>
    explainSwap({ terms, accounts, profile }, { fabric, ethereum, clock: createSystemClock() }),
  );
  output.result({ swapId: swapIdOf(terms), ...explanation }, explanation.sentence);
}

/** `midlock swap watch`: says each change until the swap has ended. Returns true when it settled. */
export async function swapWatchCommand(
  path: string,
  configFile: string | undefined,
  output: Output,
): Promise<boolean> {
  const { terms } = readTermsAt(path);
  return withParty(configFile, async ({ fabric, ethereum, accounts, profile }) => {
    let last = '';
    for (;;) {
      const explanation = await explainSwap(
        { terms, accounts, profile },
        { fabric, ethereum, clock: createSystemClock() },
      );
      if (explanation.sentence !== last) output.progress(explanation.sentence);
      last = explanation.sentence;
      if (explanation.who === 'nobody') {
        output.result({ swapId: swapIdOf(terms), ...explanation }, explanation.state);
        return explanation.state === 'settled';
      }
      await sleep(1000);
    }
  });
}

/** `midlock swap claim` and `refund`: with keys and the terms file alone; waits until it is final. */
export async function swapSettleCommand(
  action: 'claim' | 'refund',
  path: string,
  configFile: string | undefined,
  output: Output,
): Promise<void> {
  const { terms } = readTermsAt(path);
  const signal = AbortSignal.timeout(WAIT_LIMIT_MS);
  const settled = await withParty(
    configFile,
    ({ fabric, ethereum, accounts, profile, seed }) => {
      const modules = { fabric, ethereum, clock: createSystemClock(), seed };
      const input = { terms, accounts, profile };
      return action === 'claim'
        ? claimSwap(input, modules, signal)
        : refundSwap(input, modules, signal);
    },
    { deed: 'finish', output },
  );
  output.result(
    { swapId: swapIdOf(terms), action, ledger: settled.ledger, txId: settled.txId },
    `${action} on ${settled.ledger} is final: ${settled.txId}`,
  );
}

/**
 * `midlock swap recover`: finds this party's swaps on both ledgers and writes their terms files. With `refund` it takes back
 * what stands on Ethereum alone and is past its deadline: no terms file can be written for it.
 */
export async function swapRecoverCommand(
  configFile: string | undefined,
  options: { readonly out: string; readonly refund?: boolean },
  output: Output,
): Promise<void> {
  const rows = await withParty(configFile, async (party) => {
    const { accounts, fabric, ethereum } = party;
    const signal = AbortSignal.timeout(WAIT_LIMIT_MS);
    const found: RecoveredRow[] = [];
    for (const swap of await recoverSwaps(accounts, { fabric, ethereum }, signal)) {
      const row = { ...swap, file: writeRecovered(swap, options.out) };
      const returned = options.refund === true ? await returnLone(swap, party, signal) : undefined;
      found.push({ ...row, ...returned });
    }
    return found;
  });
  output.result(
    {
      swaps: rows.map(({ swapId, fabric, ethereum, file, txId }) => ({
        swapId,
        fabric,
        ethereum,
        file: file ?? null,
        ...(txId === undefined ? {} : { txId }),
      })),
    },
    table([
      ['swap', 'Fabric', 'Ethereum', 'terms'],
      ...rows.map((row) => [row.swapId, row.fabric, row.ethereum, row.file ?? 'not on Fabric']),
    ]) + (rows.some(isLone) ? LONE_HINT : ''),
  );
}

interface RecoveredRow extends RecoveredSwap {
  readonly file: string | undefined;
  /** The refund of a lock that stood alone. */
  readonly txId?: string;
}

const LONE_HINT =
  '\nWhat stands on Ethereum alone comes back with "midlock swap recover --refund" once its deadline is past.';

function writeRecovered({ swapId, terms }: RecoveredSwap, folder: string): string | undefined {
  if (terms === undefined) return undefined;
  const file = join(folder, `${swapId}.json`);
  writeTermsAt(file, { version: 1, terms, acceptances: {} });
  return file;
}

function isLone({ terms, ethereum }: RecoveredSwap): boolean {
  return terms === undefined && ethereum === 'locked';
}

/** Undefined while there is nothing to take back, or not yet. */
async function returnLone(
  swap: RecoveredSwap,
  { accounts, ethereum }: OpenParty,
  signal: AbortSignal,
): Promise<{ readonly ethereum: 'refunded'; readonly txId: string } | undefined> {
  const { ethereumLock: lock } = swap;
  if (!isLone(swap) || lock?.owner !== accounts.ethereum) return undefined;
  if ((await ethereum.head()).timeSec < lock.expiresAtSec) return undefined;
  const { txId } = await refundLock(lock, { ethereum, clock: createSystemClock() }, signal);
  return { ethereum: 'refunded', txId };
}

/** `midlock swap batch`: one terms file per order, signed by the initiator; nothing is written unless every row is valid. */
export async function swapBatchCommand(
  csv: string,
  configFile: string | undefined,
  options: { readonly counterparties: string; readonly out: string; readonly slack?: string },
  output: Output,
): Promise<void> {
  const orders = parseOrders(readFileSync(csv, 'utf8'));
  const known = JSON.parse(readFileSync(options.counterparties, 'utf8')) as Record<
    string,
    { fabric: string; ethereum: string }
  >;
  const wishes = orders.map((order) => {
    const counterparty = known[order.counterparty];
    if (counterparty === undefined)
      throw new MidlockError('ORDERS_ROW_INVALID', {
        row: order.row,
        column: 'counterparty',
        expected: `one of ${Object.keys(known).join(', ')}`,
      });
    return {
      responder: {
        fabric: parseAccount(counterparty.fabric, 'counterparty'),
        ethereum: parseAddress(counterparty.ethereum.toLowerCase(), 'counterparty'),
      },
      wish: {
        direction: order.direction,
        fabric: order.fabric,
        token: parseToken(order.ethereum.token),
        ethereumAmount: order.ethereum.amount,
        ...(options.slack === undefined
          ? {}
          : { slackSec: parseSeconds(options.slack, '--slack') }),
      },
    };
  });
  const files = await withParty(
    configFile,
    async (party) => {
      const made: TermsFile[] = [];
      for (const { responder, wish } of wishes) made.push(await agree(party, responder, wish));
      return made;
    },
    { deed: 'enter', output },
  );
  const paths = files.map((file) => {
    const path = join(options.out, `${swapIdOf(file.terms)}.json`);
    writeTermsAt(path, file);
    return path;
  });
  output.result({ files: paths }, `${paths.length} terms files in ${options.out}.`);
}

async function ledgerTime({ fabric, ethereum }: OpenParty): Promise<bigint> {
  const [a, b] = await Promise.all([fabric.head(), ethereum.head()]);
  return a.timeSec > b.timeSec ? a.timeSec : b.timeSec;
}

function draftsOf({ config }: OpenParty): string {
  return join(config.store.path, '../terms');
}

function parseKind(text: string): AssetKind {
  if (text === 'fungible' || text === 'unique' || text === 'evidence') return text;
  throw new MidlockError('ARGUMENT_INVALID', {
    argument: '--kind',
    expected: 'fungible, unique or evidence',
  });
}

function parseToken(text: string): Address {
  return text.toUpperCase() === 'ETH' ? ETH : parseAddress(text.toLowerCase(), '--token');
}
