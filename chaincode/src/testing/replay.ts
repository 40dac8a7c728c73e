import './silence.ts';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { midlockContracts } from '../contracts.ts';
import { chaincodeOf } from '../serve.ts';
import { endorse } from './endorse.ts';
import { MemoryLedger, type OrderedTransaction } from './memory-ledger.ts';
import type { HistoryEntry } from './world.ts';

/** What a replay prints: one line for each endorsement, and what shows that the process really was another one. */
export interface ReplayReport {
  readonly digests: readonly string[];
  readonly timeZone: string;
  readonly locale: string;
}

/**
 * Replays a recorded history on its own chaincode, with a clock that is `skewMs` off, and prints a digest of everything
 * that each endorsement would sign. Run: node dist/.../replay.js HISTORY_FILE SKEW_MS.
 */
async function replay(history: readonly HistoryEntry[], skewMs: bigint): Promise<ReplayReport> {
  let nowMs = 0n;
  const clock = { nowMs: () => nowMs + skewMs };
  const chaincode = chaincodeOf(midlockContracts({ clock, mspId: 'Org1MSP' }));
  const ledger = new MemoryLedger();
  const sent = new Map<string, OrderedTransaction>();
  const digests: string[] = [];
  for (const entry of history) {
    if (entry.kind === 'commit') {
      ledger.commit(entry.txIds.map((txId) => ordered(sent, txId)));
      continue;
    }
    nowMs = BigInt(entry.nowMs);
    const endorsement = await endorse(chaincode, ledger, entry.proposal);
    const { txId } = entry.proposal;
    sent.set(txId, { txId, readWriteSet: endorsement.readWriteSet });
    digests.push(createHash('sha256').update(JSON.stringify(endorsement)).digest('hex'));
  }
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  return { digests, timeZone, locale };
}

function ordered(sent: ReadonlyMap<string, OrderedTransaction>, txId: string): OrderedTransaction {
  const transaction = sent.get(txId);
  if (transaction === undefined) throw new Error(`not endorsed: ${txId}`);
  return transaction;
}

const [, , file = '', skew = '0'] = process.argv;
const history = JSON.parse(readFileSync(file, 'utf8')) as readonly HistoryEntry[];
replay(history, BigInt(skew)).then(
  (report) => process.stdout.write(JSON.stringify(report)),
  (error: unknown) => {
    process.stderr.write(String(error));
    process.exitCode = 1;
  },
);
