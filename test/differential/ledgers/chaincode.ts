import {
  FABRIC_TX,
  formatAccount,
  parseErrorText,
  swapIdOf,
  termsText,
  toHex,
  type ConservationJson,
  type MidAccountJson,
  type NoteJson,
  type SwapTerms,
  type UniqueAssetJson,
} from '@midlock/protocol';
import {
  people,
  World,
  CONFIG,
  type Sent,
  type TransactionName,
} from '../../../chaincode/src/testing/world.ts';
import { startingNotes } from '../models/fabric.ts';
import { NAMES, PARTIES } from '../parties.ts';
import { ASSETS, CONSERVED, NOTE, START_SEC, UNKNOWN_ASSET, WHOLE_ASSETS } from '../rules.ts';
import type { FabricCommand, FabricSide, FabricView, MidAccountView, Outcome } from '../sides.ts';

/** How composite keys begin (chaincode/README.md, Key schema). */
const NOTE_KEY = '\u0000note\u0000';
const ASSET_KEY = '\u0000asset\u0000';
/** What the deed and the paper are about. */
export const CONTENT_HASH = `0x${'11'.repeat(32)}`;
const MID_KEYS = ['\u0000mid\u0000', '\u0000tomb\u0000'];

/**
 * The chaincode's own contract classes, run by fabric-shim's dispatcher over a ledger in memory, behind the comparison's interface.
 * As the model does, it spends an owner's oldest notes first.
 */
export async function openChaincodeSide(): Promise<FabricSide> {
  const world = new World();
  world.nowMs = START_SEC * 1000n;
  await world.submit(people.admin1, FABRIC_TX.initialize, [JSON.stringify(CONFIG)]);
  for (const asset of ASSETS) await world.submit(people.carol, FABRIC_TX.createFungible, [asset]);
  for (const { owner, assetId } of startingNotes())
    await world.submit(people.carol, FABRIC_TX.mint, [
      assetId,
      PARTIES[owner].fabric.id,
      String(NOTE),
    ]);
  for (const { assetId, kind, holder } of WHOLE_ASSETS)
    await world.submit(
      people.carol,
      kind === 'unique' ? FABRIC_TX.issueUnique : FABRIC_TX.issueEvidence,
      [assetId, PARTIES[holder].fabric.id, CONTENT_HASH, ...(kind === 'unique' ? [] : ['scan'])],
    );
  let withheld: Sent[] = [];

  /** Notes in the order in which they came to be. */
  const notes = (): readonly NoteJson[] =>
    world.ledger.entries().flatMap(([key, text]) => {
      return key.startsWith(NOTE_KEY) ? [JSON.parse(text) as NoteJson] : [];
    });

  /** Whether somebody holds a whole asset that no swap holds. */
  const holds = (owner: string, assetId: string): boolean =>
    world.ledger.entries().some(([key, text]) => {
      if (!key.startsWith(ASSET_KEY)) return false;
      const asset = JSON.parse(text) as Partial<UniqueAssetJson>;
      return asset.id === assetId && asset.holder === owner && asset.lockedBy === undefined;
    });

  function inputsFor({ fabric }: SwapTerms, owner: string): string {
    if (fabric.assetKind !== 'fungible') return '[]';
    const chosen: string[] = [];
    let sum = 0n;
    for (const note of notes()) {
      if (sum >= fabric.amount) break;
      if (note.owner !== owner || note.assetId !== fabric.assetId) continue;
      chosen.push(note.id);
      sum += BigInt(note.amount);
    }
    return JSON.stringify(chosen);
  }

  function argumentsOf({ action, terms, secret }: FabricCommand): readonly string[] {
    const swapId = swapIdOf(terms);
    switch (action) {
      case 'lock': {
        return [termsText(terms), inputsFor(terms, formatAccount(terms.fabric.owner))];
      }
      case 'decline':
        return [termsText(terms)];
      case 'claim':
        return [swapId, toHex(secret)];
      case 'refund':
      case 'release':
        return [swapId];
    }
  }

  async function endorse(command: FabricCommand): Promise<Sent | Outcome> {
    const name: TransactionName = FABRIC_TX[command.action];
    const skewMs = command.stampSec * 1000n - world.nowMs;
    try {
      return await world.endorse(PARTIES[command.by].fabric, name, argumentsOf(command), {
        skewMs,
      });
    } catch (error) {
      const refusal = parseErrorText(error instanceof Error ? error.message : String(error));
      if (refusal === undefined) throw error;
      return refusal.code;
    }
  }

  function commit(transactions: readonly Sent[]): Outcome[] {
    if (transactions.length === 0) return [];
    return world.commit(...transactions).map((code): Outcome => {
      if (code === 'PHANTOM_READ_CONFLICT') throw new Error('a settlement read a range');
      return code;
    });
  }

  /** Open mid-accounts and tombstones, as they stand on the ledger. */
  const midAccounts = (): readonly (readonly [string, MidAccountView])[] =>
    world.ledger.entries().flatMap(([key, text]) => {
      if (!MID_KEYS.some((prefix) => key.startsWith(prefix))) return [];
      const { swapId, state, secret, terms } = JSON.parse(text) as MidAccountJson;
      const hashLock = terms.hashLock as MidAccountView['hashLock'];
      return [[swapId, { state, hashLock, secret }] as const];
    });

  return {
    async act(commands, atSec, withhold) {
      world.nowMs = atSec * 1000n;
      const endorsed: (Sent | Outcome)[] = [];
      for (const command of commands) endorsed.push(await endorse(command));
      const good = endorsed.filter((one) => typeof one !== 'string');
      if (withhold) withheld.push(...good);
      const codes = withhold ? good.map((): Outcome => 'accepted') : commit(good);
      return endorsed.map((one) => (typeof one === 'string' ? one : (codes.shift() ?? 'INTERNAL')));
    },
    deliver(atSec) {
      world.nowMs = atSec * 1000n;
      const late = withheld;
      withheld = [];
      return Promise.resolve(commit(late));
    },
    async view(): Promise<FabricView> {
      const all = notes();
      const sum = (owner: string, assetId: string): bigint =>
        all.reduce(
          (total, note) =>
            note.owner === owner && note.assetId === assetId ? total + BigInt(note.amount) : total,
          holds(owner, assetId) ? 1n : 0n,
        );
      const reports: ConservationJson[] = [];
      for (const asset of CONSERVED) {
        const report = await world.evaluate<ConservationJson>(FABRIC_TX.conservation, [asset]);
        if (!report.holds) throw new Error(`not conserved: ${JSON.stringify(report)}`);
        reports.push(report);
      }
      return {
        balances: Object.fromEntries(
          NAMES.flatMap((name) =>
            [...CONSERVED, UNKNOWN_ASSET].map((asset) => [
              `${name} ${asset}`,
              String(sum(PARTIES[name].fabric.id, asset)),
            ]),
          ),
        ),
        locked: Object.fromEntries(reports.map(({ assetId, locked }) => [assetId, locked])),
        supply: Object.fromEntries(
          reports.map(({ assetId, issued, burnt }) => [
            assetId,
            String(BigInt(issued) - BigInt(burnt)),
          ]),
        ),
        midAccounts: Object.fromEntries(midAccounts()),
      };
    },
  };
}
