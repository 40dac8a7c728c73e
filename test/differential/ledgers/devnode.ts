import { createHash } from 'node:crypto';
import {
  FABRIC_TX,
  MidlockError,
  formatAccount,
  isMidlockError,
  swapIdOf,
  termsText,
  toHex,
  toHex32,
  type FabricAccount,
  type Hex32,
  type NoteJson,
  type SwapTerms,
} from '@midlock/protocol';
import { CONFIG } from '../../../chaincode/src/testing/world.ts';
import {
  parseConservation,
  parseMidAccount,
  parseNotes,
  parseUniqueAsset,
} from '../../../ledgers/src/fabric/answers.ts';
import { CONTENT_HASH } from './chaincode.ts';
import { startingNotes } from '../models/fabric.ts';
import { NAMES, PARTIES, type PartyName } from '../parties.ts';
import { ASSETS, CONSERVED, NOTE, START_SEC, UNKNOWN_ASSET, WHOLE_ASSETS } from '../rules.ts';
import type { FabricCommand, FabricSide, FabricView, MidAccountView, Outcome } from '../sides.ts';
import {
  startFabricNetwork,
  type Caller,
  type Endorsed,
  type FabricNetwork,
} from './fabric-network.ts';

/** A network and who plays on it; each life cycle begins with the ledger as it was set up. */
export interface DevnodeLedger {
  openSide(): FabricSide;
  close(): Promise<void>;
}

/** The parties of the comparison with certificates of the network. */
type Callers = Readonly<Record<PartyName, Caller>>;

/**
 * The chaincode on devnode: proposals through the Gateway service, endorsed by two organisations whose chaincode servers speak the real
 * protocol, ordered, validated and read from blocks. As the model does, it spends an owner's oldest notes first.
 */
export async function startDevnodeLedger(): Promise<DevnodeLedger> {
  const network = await startFabricNetwork(START_SEC * 1000n);
  const callers: Callers = {
    alice: network.caller('Org1MSP', 'alice'),
    bob: network.caller('Org2MSP', 'bob'),
    carol: network.caller('Org3MSP', 'carol'),
    mallory: network.caller('Org4MSP', 'alice'),
  };
  const setUp = async (caller: Caller, calls: readonly (readonly [string, ...string[]])[]) => {
    const made: Endorsed[] = [];
    for (const [name, ...args] of calls) made.push(await caller.endorse(name, args, network.nowMs));
    const codes = await network.commit(made);
    if (codes.some((code) => code !== 'VALID')) throw new Error(codes.join());
    return made;
  };
  await setUp(network.caller('Org1MSP', 'Admin'), [[FABRIC_TX.initialize, JSON.stringify(CONFIG)]]);
  await setUp(
    callers.carol,
    ASSETS.map((asset) => [FABRIC_TX.createFungible, asset] as const),
  );
  const minted = await setUp(
    callers.carol,
    startingNotes().map(
      ({ owner, assetId }) =>
        [FABRIC_TX.mint, assetId, formatAccount(callers[owner].account), String(NOTE)] as const,
    ),
  );
  await setUp(
    callers.carol,
    WHOLE_ASSETS.map(({ assetId, kind, holder }) => {
      const given = [assetId, formatAccount(callers[holder].account), CONTENT_HASH] as const;
      return kind === 'unique'
        ? ([FABRIC_TX.issueUnique, ...given] as const)
        : ([FABRIC_TX.issueEvidence, ...given, 'scan'] as const);
    }),
  );
  network.mark();
  const first = minted.flatMap(({ txId }) => noteIds(txId));
  return {
    openSide: () => {
      network.reset();
      network.nowMs = START_SEC * 1000n;
      return openSide(network, callers, first);
    },
    close: () => network.close(),
  };
}

/** Ids of the notes that a transaction can have made: at most a payout and the change (chaincode/src/context.ts). */
function noteIds(txId: string): readonly Hex32[] {
  return [0, 1].map((index) => {
    const place = Buffer.alloc(4);
    place.writeUInt32BE(index);
    return toHex32(createHash('sha256').update(Buffer.from(txId, 'hex')).update(place).digest());
  });
}

function openSide(network: FabricNetwork, callers: Callers, first: readonly Hex32[]): FabricSide {
  /** All note ids that there ever can be, in the order in which they came to be. */
  const born = [...first];
  /** Swap ids there and in the comparison: the accounts in the terms are those of the network's certificates. */
  const swapIds = new Map<Hex32, Hex32>();
  let withheld: Endorsed[] = [];

  const accountThere = (account: FabricAccount): FabricAccount => {
    const name = NAMES.find((one) => PARTIES[one].fabric.account.key === account.key);
    return name === undefined ? account : callers[name].account;
  };

  function there(terms: SwapTerms): SwapTerms {
    const { owner, beneficiary } = terms.fabric;
    const fabric = {
      ...terms.fabric,
      owner: accountThere(owner),
      beneficiary: accountThere(beneficiary),
    };
    const translated = { ...terms, fabric };
    swapIds.set(swapIdOf(translated), swapIdOf(terms));
    return translated;
  }

  async function notesOf(owner: FabricAccount, assetId: string): Promise<readonly NoteJson[]> {
    const args = [formatAccount(owner), assetId, '100', ''];
    return parseNotes(await callers.carol.evaluate(FABRIC_TX.notesOf, args)).items;
  }

  async function inputsFor({ fabric }: SwapTerms): Promise<string> {
    if (fabric.assetKind !== 'fungible') return '[]';
    const notes = new Map(
      (await notesOf(fabric.owner, fabric.assetId)).map(({ id, amount }) => [id, BigInt(amount)]),
    );
    const chosen: string[] = [];
    let sum = 0n;
    for (const id of born) {
      if (sum >= fabric.amount) break;
      const amount = notes.get(id);
      if (amount === undefined) continue;
      chosen.push(id);
      sum += amount;
    }
    return JSON.stringify(chosen);
  }

  async function argumentsOf({ action, terms, secret }: FabricCommand): Promise<readonly string[]> {
    const actual = there(terms);
    switch (action) {
      case 'lock':
        return [termsText(actual), await inputsFor(actual)];
      case 'decline':
        return [termsText(actual)];
      case 'claim':
        return [swapIdOf(actual), toHex(secret)];
      case 'refund':
      case 'release':
        return [swapIdOf(actual)];
    }
  }

  async function endorse(command: FabricCommand): Promise<Endorsed | Outcome> {
    const args = await argumentsOf(command);
    const stampMs = command.stampSec * 1000n;
    try {
      return await callers[command.by].endorse(FABRIC_TX[command.action], args, stampMs);
    } catch (error) {
      if (error instanceof MidlockError && !error.code.startsWith('END')) return error.code;
      throw error;
    }
  }

  async function commit(transactions: readonly Endorsed[]): Promise<Outcome[]> {
    const codes = await network.commit(transactions);
    born.push(...transactions.flatMap(({ txId }) => noteIds(txId)));
    return [...codes] as Outcome[];
  }

  async function midAccount(swapId: Hex32): Promise<MidAccountView | undefined> {
    try {
      const answer = await callers.carol.evaluate(FABRIC_TX.getMidAccount, [swapId]);
      const { state, terms, secret } = parseMidAccount(answer);
      return {
        state,
        hashLock: terms.hashLock,
        secret: secret === undefined ? undefined : toHex(secret),
      };
    } catch (error) {
      if (isMidlockError(error, 'LOCK_UNKNOWN')) return undefined;
      throw error;
    }
  }

  async function view(): Promise<FabricView> {
    const balances: Record<string, string> = {};
    for (const { assetId } of WHOLE_ASSETS) {
      const asset = parseUniqueAsset(await callers.carol.evaluate(FABRIC_TX.getAsset, [assetId]));
      for (const name of NAMES) {
        const holds = asset.holder === formatAccount(callers[name].account);
        balances[`${name} ${assetId}`] = holds && asset.lockedBy === undefined ? '1' : '0';
      }
    }
    for (const name of NAMES)
      for (const asset of [...ASSETS, UNKNOWN_ASSET]) {
        const notes = await notesOf(callers[name].account, asset);
        const sum = notes.reduce((total, { amount }) => total + BigInt(amount), 0n);
        balances[`${name} ${asset}`] = String(sum);
      }
    const reports = [];
    for (const asset of CONSERVED) {
      const report = parseConservation(
        await callers.carol.evaluate(FABRIC_TX.conservation, [asset]),
      );
      if (!report.holds) throw new Error(`not conserved: ${JSON.stringify(report)}`);
      reports.push(report);
    }
    const midAccounts: Record<string, MidAccountView> = {};
    for (const [swapId, known] of swapIds) {
      const found = await midAccount(swapId);
      if (found !== undefined) midAccounts[known] = found;
    }
    return {
      balances,
      locked: Object.fromEntries(reports.map(({ assetId, locked }) => [assetId, locked])),
      supply: Object.fromEntries(
        reports.map(({ assetId, issued, burnt }) => [
          assetId,
          String(BigInt(issued) - BigInt(burnt)),
        ]),
      ),
      midAccounts,
    };
  }

  return {
    async act(commands, atSec, withhold) {
      network.nowMs = atSec * 1000n;
      const endorsed: (Endorsed | Outcome)[] = [];
      for (const command of commands) endorsed.push(await endorse(command));
      const good = endorsed.filter((one) => typeof one !== 'string');
      if (withhold) withheld.push(...good);
      const codes = withhold ? good.map((): Outcome => 'accepted') : await commit(good);
      return endorsed.map((one) => (typeof one === 'string' ? one : (codes.shift() ?? 'INTERNAL')));
    },
    deliver(atSec) {
      network.nowMs = atSec * 1000n;
      const late = withheld;
      withheld = [];
      return commit(late);
    },
    view,
  };
}
