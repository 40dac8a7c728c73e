import type { Store } from '@midlock/client';
import { MidlockError, type SwapTerms } from '@midlock/protocol';
import type { ApiLimits } from './limits.ts';

export type MailboxLimits = Pick<
  ApiLimits,
  'maxLetters' | 'maxLettersPerSender' | 'maxLettersPerRecipient' | 'letterLifeSec'
>;

export interface MailboxModules {
  readonly store: Pick<Store, 'putDocument' | 'document' | 'documents' | 'dropDocuments'>;
  readonly limits: MailboxLimits;
  readonly nowMs: () => bigint;
  /** Ethereum's own time, seconds; 0 before it is known. */
  readonly ledgerSec: () => bigint;
}

/** A letter that is to be kept: a text for some accounts. */
export interface Letter {
  /** Who is counted for it: no space or line end. */
  readonly sender: string;
  /** Accounts in text form. */
  readonly recipients: readonly string[];
  readonly terms: SwapTerms;
  readonly text: string;
}

export type LetterBound = 'sender' | 'recipient' | 'all';

/** Letters until their recipients have read them or their life has ended; what was let in is never put out for another. */
export interface Mailbox {
  /**
   * Takes a place for a letter and gives it an id, above all before it and ending in `digest` (16 hex digits).
   * Throws MAILBOX_FULL, LETTER_EXPIRED.
   */
  admit(letter: Letter, digest: string): Promise<string>;
  /** Gives the place of an admitted letter back of which nothing was kept. */
  withdraw(id: string): void;
  /**
   * Makes a letter durable that was admitted, perhaps in a former life; repeating it changes nothing. Says until when it
   * is kept, seconds. Throws LETTER_EXPIRED.
   */
  keep(id: string, letter: Letter): Promise<bigint>;
  /** Letters of an account after an id, oldest first. */
  page(
    account: string,
    after: string,
    limit: number,
  ): Promise<readonly { readonly id: string; readonly text: string }[]>;
  /** Throws an account's copies away; says how many there were. */
  drop(account: string, ids: readonly string[]): Promise<number>;
  /** For the metrics. */
  state(): Promise<{
    readonly letters: number;
    readonly limit: number;
    readonly refused: Readonly<Record<LetterBound, number>>;
  }>;
}

interface Entry {
  readonly sender: string;
  readonly untilSec: bigint;
  /** Accounts whose copy is still here. */
  readonly accounts: Set<string>;
}

const SCOPE = 'mailbox';
/** The store drops nothing by itself: a letter has at most two copies, and its place is counted before. */
const STORE_KEEPS = 1_000_000_000;
const RETRY_AFTER_SEC = 60;

export function createMailbox({ store, limits, nowMs, ledgerSec }: MailboxModules): Mailbox {
  const letters = new Map<string, Entry>();
  const boxes = new Map<string, Set<string>>();
  const bySender = new Map<string, number>();
  const refused: Record<LetterBound, number> = { sender: 0, recipient: 0, all: 0 };
  let nextEndSec: bigint | undefined;
  let newestMs = 0n;
  let loaded: Promise<void> | undefined;

  function ready(): Promise<void> {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  }

  async function load(): Promise<void> {
    for (const { key, text } of await store.documents(SCOPE, '', STORE_KEEPS)) {
      const [account = '', id = ''] = key.split(' ');
      const { sender, untilSec } = headOf(id, text, limits.letterLifeSec);
      enter(id, { sender, untilSec, accounts: new Set([account]) });
    }
  }

  function enter(id: string, { sender, untilSec, accounts }: Entry): void {
    const known = letters.get(id);
    if (known === undefined) bySender.set(sender, (bySender.get(sender) ?? 0) + 1);
    const entry = known ?? { sender, untilSec, accounts: new Set() };
    letters.set(id, entry);
    for (const account of accounts) {
      entry.accounts.add(account);
      boxes.set(account, (boxes.get(account) ?? new Set()).add(id));
    }
    if (nextEndSec === undefined || untilSec < nextEndSec) nextEndSec = untilSec;
    const ms = timeOf(id);
    if (ms > newestMs) newestMs = ms;
  }

  function leave(id: string, account: string): void {
    const entry = letters.get(id);
    const box = boxes.get(account);
    box?.delete(id);
    if (box?.size === 0) boxes.delete(account);
    entry?.accounts.delete(account);
    if (entry?.accounts.size !== 0) return;
    letters.delete(id);
    const left = (bySender.get(entry.sender) ?? 1) - 1;
    if (left === 0) bySender.delete(entry.sender);
    else bySender.set(entry.sender, left);
  }

  /** The life of a letter has ended when both this machine's clock and the ledger say so: either may be ahead. */
  async function dropEnded(): Promise<void> {
    await ready();
    const [own, ledger] = [nowMs() / 1000n, ledgerSec()];
    const nowSec = own < ledger ? own : ledger;
    if (nextEndSec === undefined || nowSec < nextEndSec) return;
    const ended = [...letters].filter(([, { untilSec }]) => untilSec <= nowSec);
    const copies = ended.flatMap(([id, { accounts }]) =>
      [...accounts].map((account) => ({ id, account })),
    );
    await store.dropDocuments(
      SCOPE,
      copies.map(({ id, account }) => `${account} ${id}`),
    );
    for (const { id, account } of copies) leave(id, account);
    nextEndSec = undefined;
    for (const { untilSec } of letters.values())
      if (nextEndSec === undefined || untilSec < nextEndSec) nextEndSec = untilSec;
  }

  /** Until when a letter is kept: its stated life, and no longer than its terms can matter. Throws LETTER_EXPIRED. */
  function endOf({ fabric, ethereum }: SwapTerms): bigint {
    const [own, ledger] = [nowMs() / 1000n, ledgerSec()];
    const nowSec = own > ledger ? own : ledger;
    const last =
      fabric.expiresAtSec > ethereum.expiresAtSec ? fabric.expiresAtSec : ethereum.expiresAtSec;
    if (last <= nowSec) throw new MidlockError('LETTER_EXPIRED', { expiresAtSec: last });
    const life = nowSec + BigInt(limits.letterLifeSec);
    return life < last ? life : last;
  }

  function checkRoom(sender: string, recipients: readonly string[]): void {
    const full = (bound: LetterBound, limit: number): MidlockError => {
      refused[bound] += 1;
      return new MidlockError('MAILBOX_FULL', { bound, limit, retryAfterSec: RETRY_AFTER_SEC });
    };
    const { maxLetters, maxLettersPerSender, maxLettersPerRecipient } = limits;
    if ((bySender.get(sender) ?? 0) >= maxLettersPerSender)
      throw full('sender', maxLettersPerSender);
    if (recipients.some((account) => (boxes.get(account)?.size ?? 0) >= maxLettersPerRecipient))
      throw full('recipient', maxLettersPerRecipient);
    if (letters.size >= maxLetters) throw full('all', maxLetters);
  }

  /** Above every id before it, so that a reader who asks for what came after a letter misses none when a clock is set back. */
  function nextId(digest: string): string {
    const ms = nowMs();
    newestMs = ms > newestMs ? ms : newestMs + 1n;
    return `${String(newestMs).padStart(16, '0')}-${digest}`;
  }

  return {
    async admit({ sender, recipients, terms }, digest) {
      await dropEnded();
      const untilSec = endOf(terms);
      checkRoom(sender, recipients);
      const id = nextId(digest);
      enter(id, { sender, untilSec, accounts: new Set(recipients) });
      return id;
    },
    withdraw(id) {
      for (const account of letters.get(id)?.accounts ?? []) leave(id, account);
    },
    async keep(id, { sender, recipients, terms, text }) {
      await ready();
      const untilSec = letters.get(id)?.untilSec ?? endOf(terms);
      for (const account of recipients) {
        const head = `${String(untilSec)} ${sender}`;
        await store.putDocument(SCOPE, `${account} ${id}`, `${head}\n${text}`, STORE_KEEPS);
        enter(id, { sender, untilSec, accounts: new Set([account]) });
      }
      return untilSec;
    },
    async page(account, after, limit) {
      await dropEnded();
      const ids = [...(boxes.get(account) ?? [])].filter((id) => id > after).sort();
      const found = [];
      for (const id of ids) {
        if (found.length === limit) break;
        // One that is admitted and not durable yet is not shown.
        const text = await store.document(SCOPE, `${account} ${id}`);
        if (text !== undefined) found.push({ id, text: text.slice(text.indexOf('\n') + 1) });
      }
      return found;
    },
    async drop(account, ids) {
      await ready();
      const box = boxes.get(account);
      const mine = [...new Set(ids)].filter((id) => box?.has(id) === true);
      await store.dropDocuments(
        SCOPE,
        mine.map((id) => `${account} ${id}`),
      );
      for (const id of mine) leave(id, account);
      return mine.length;
    },
    async state() {
      await dropEnded();
      return { letters: letters.size, limit: limits.maxLetters, refused: { ...refused } };
    },
  };
}

/** Who sent a letter and until when it is kept. One of a store from before letters had an end lives from its id's time on. */
function headOf(
  id: string,
  text: string,
  letterLifeSec: number,
): { readonly sender: string; readonly untilSec: bigint } {
  if (text.startsWith('{'))
    return { sender: 'unknown', untilSec: timeOf(id) / 1000n + BigInt(letterLifeSec) };
  const match = /^(\d{1,20}) (\S{1,200})\n/.exec(text);
  if (match === null) throw new MidlockError('STORE_CORRUPT', { what: 'a letter' });
  const [, untilSec = '', sender = ''] = match;
  return { sender, untilSec: BigInt(untilSec) };
}

function timeOf(id: string): bigint {
  return BigInt(id.slice(0, 16));
}
