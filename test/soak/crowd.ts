import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TermsFile } from '@midlock/client';
import type { Direction } from '@midlock/protocol';
import type { PartyName, ProcessRig } from '../../relayer/test/rig.ts';

export interface CrowdOptions {
  /** So many swaps are kept open at once. */
  readonly open: number;
  /** How long a swap stays open on average before its second party comes, seconds. */
  readonly holdSec: number;
  /** No more than this are begun in a second. */
  readonly perSecond: number;
  readonly seed: number;
}

/** How a swap is meant to go: settled once the second party gets the terms, or refunded because it never does. */
export interface Intended {
  readonly file: TermsFile;
  readonly late: PartyName;
  readonly settles: boolean;
  readonly handOverSec: number;
}

export interface Crowd {
  readonly begun: readonly Intended[];
  /** Begins and hands over what is due; call it about once a second. */
  tend(): Promise<void>;
  /** What the relayer's journal says. */
  counts(): { readonly known: number; readonly open: number };
  close(): void;
}

/** A swap that is handed over is still certain to settle when so much time is left. */
const SPARE_SEC = 150;
/** So many are agreed and not yet known to the relayer: its crowd is complete at times and a little more than complete. */
const MOST_ON_THE_WAY = 60;
/** One in so many is never handed over. */
const REFUND_EVERY = 5;

/**
 * Keeps a crowd of swaps open. Each is known to one party at once, which tells the relayer and locks where it is its turn;
 * the other gets the terms after a while drawn by seed, or never.
 */
export function createCrowd(rig: ProcessRig, options: CrowdOptions): Crowd {
  const random = lehmer(options.seed);
  const begun: Intended[] = [];
  let waiting: Intended[] = [];
  const journal = new DatabaseSync(join(rig.folderOf('relayer'), 'journal.db'), { readOnly: true });

  function counts(): { known: number; open: number } {
    const row = journal
      .prepare('SELECT count(*) AS known, coalesce(sum(open), 0) AS open FROM sessions')
      .get();
    return { known: Number(row?.['known']), open: Number(row?.['open']) };
  }

  async function begin(): Promise<void> {
    const direction: Direction = random() < 0.5 ? 'fabric-first' : 'ethereum-first';
    const settles = begun.length % REFUND_EVERY !== REFUND_EVERY - 1;
    const holdSec = options.holdSec * (0.25 + 1.5 * random());
    // An initiator that is alone locks its long leg; a responder that is alone waits for that.
    const first: PartyName = random() < 0.6 || !settles ? 'alice' : 'bob';
    const slackSec = BigInt(Math.ceil(settles ? holdSec + SPARE_SEC : holdSec));
    const file = await rig.agree(direction, slackSec, [first]);
    const late = first === 'alice' ? 'bob' : 'alice';
    const intended = { file, late, settles, handOverSec: Date.now() / 1000 + holdSec } as const;
    begun.push(intended);
    if (settles) waiting.push(intended);
  }

  return {
    begun,
    counts,
    async tend() {
      const nowSec = Date.now() / 1000;
      for (const { file, late } of waiting.filter((each) => each.handOverSec <= nowSec))
        rig.deliver(late, file);
      waiting = waiting.filter((each) => each.handOverSec > nowSec);
      const { known, open } = counts();
      const onTheWay = begun.length - known;
      const missing = Math.min(options.open - open, MOST_ON_THE_WAY - onTheWay);
      for (let count = Math.min(missing, options.perSecond); count > 0; count -= 1) await begin();
    },
    close: () => {
      journal.close();
    },
  };
}

/** Park and Miller's generator: numbers in [0, 1), the same for the same seed. */
function lehmer(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
