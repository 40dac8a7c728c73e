import { createMemoryStore, termsFileText, type MemoryStore } from '@midlock/client';
import { createRig } from '@midlock/client/testing';
import { isMidlockError, type MidlockError } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createMailbox, type Letter, type Mailbox, type MailboxLimits } from './mailbox.ts';

const LIMITS: MailboxLimits = {
  maxLetters: 6,
  maxLettersPerSender: 2,
  maxLettersPerRecipient: 4,
  letterLifeSec: 10,
};
const rig = createRig();
const START_SEC = rig.clock.nowMs() / 1000n;

interface Setup {
  readonly store: MemoryStore;
  readonly mailbox: Mailbox;
  readonly time: { own: bigint; ledger: bigint };
}

function open(limits: Partial<MailboxLimits> = {}, store = createMemoryStore()): Setup {
  const time = { own: START_SEC, ledger: START_SEC };
  const mailbox = createMailbox({
    store,
    limits: { ...LIMITS, ...limits },
    nowMs: () => time.own * 1000n,
    ledgerSec: () => time.ledger,
  });
  return { store, mailbox, time };
}

let letters = 0;

function letter(sender: string, ...recipients: string[]): Letter {
  const terms = rig.terms('fabric-first', (letters += 1));
  const text = termsFileText({ version: 1, terms, acceptances: {} });
  return { sender, recipients, terms, text };
}

async function post(mailbox: Mailbox, one: Letter): Promise<string> {
  const id = await mailbox.admit(one, String(letters).padStart(16, '0'));
  await mailbox.keep(id, one);
  return id;
}

async function boundMet(work: Promise<unknown>): Promise<unknown> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isMidlockError(error, 'MAILBOX_FULL')).toBe(true);
  const { data } = error as MidlockError;
  expect(data['retryAfterSec']).toBeGreaterThan(0);
  return data['bound'];
}

const idsOf = async (mailbox: Mailbox, account: string): Promise<string[]> =>
  (await mailbox.page(account, '', 50)).map(({ id }) => id);

describe('the places of the mailbox', () => {
  it('one sender cannot take those of others, nor one recipient those of others', async () => {
    const { mailbox } = open();
    const kept = [
      await post(mailbox, letter('a', 'anna')),
      await post(mailbox, letter('a', 'anna')),
    ];
    expect(await boundMet(post(mailbox, letter('a', 'anna')))).toBe('sender');
    kept.push(await post(mailbox, letter('b', 'anna')), await post(mailbox, letter('b', 'anna')));
    expect(await boundMet(post(mailbox, letter('c', 'anna')))).toBe('recipient');
    await post(mailbox, letter('c', 'ben'));
    await post(mailbox, letter('c', 'ben'));
    expect(await boundMet(post(mailbox, letter('d', 'ben')))).toBe('all');
    expect(await idsOf(mailbox, 'anna')).toEqual(kept);
    expect(await mailbox.state()).toEqual({
      letters: 6,
      limit: 6,
      refused: { sender: 1, recipient: 1, all: 1 },
    });
  });

  it('are taken before anything is written: of many at once no more are let in', async () => {
    const { mailbox } = open();
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => post(mailbox, letter('a', 'anna'))),
    );
    expect(all.filter(({ status }) => status === 'fulfilled').length).toBe(2);
    expect((await idsOf(mailbox, 'anna')).length).toBe(2);
  });

  it('are free again when every recipient has read the letter, and not before', async () => {
    const { mailbox } = open({ maxLettersPerSender: 1 });
    const id = await post(mailbox, letter('a', 'anna', 'ben'));
    expect(await mailbox.drop('carol', [id])).toBe(0);
    expect(await mailbox.drop('anna', [id, id])).toBe(1);
    expect(await idsOf(mailbox, 'anna')).toEqual([]);
    expect(await idsOf(mailbox, 'ben')).toEqual([id]);
    expect(await boundMet(post(mailbox, letter('a', 'anna')))).toBe('sender');
    expect(await mailbox.drop('ben', [id])).toBe(1);
    await post(mailbox, letter('a', 'anna'));
  });

  it('one that was admitted and not kept is free again', async () => {
    const { mailbox } = open({ maxLettersPerSender: 1 });
    mailbox.withdraw(await mailbox.admit(letter('a', 'anna'), '0'.repeat(16)));
    await post(mailbox, letter('a', 'anna'));
  });
});

describe('the life of a letter', () => {
  it('ends when this clock and the ledger say so, and not by one that is ahead', async () => {
    const { mailbox, time, store } = open();
    await post(mailbox, letter('a', 'anna'));
    time.own = START_SEC + 1_000n;
    expect((await idsOf(mailbox, 'anna')).length).toBe(1);
    time.own = START_SEC;
    time.ledger = START_SEC + 1_000n;
    expect((await idsOf(mailbox, 'anna')).length).toBe(1);
    time.own = START_SEC + 9n;
    expect((await idsOf(mailbox, 'anna')).length).toBe(1);
    time.own = START_SEC + 10n;
    expect(await idsOf(mailbox, 'anna')).toEqual([]);
    expect(await store.documents('mailbox', '', 10)).toEqual([]);
    expect((await mailbox.state()).letters).toBe(0);
  });

  it('is no longer than its terms matter, and one whose terms are over is refused', async () => {
    const { mailbox, time } = open({ letterLifeSec: 1_000_000 });
    const one = letter('a', 'anna');
    await post(mailbox, one);
    const { fabric, ethereum } = one.terms;
    const last =
      fabric.expiresAtSec > ethereum.expiresAtSec ? fabric.expiresAtSec : ethereum.expiresAtSec;
    time.own = time.ledger = last - 1n;
    expect((await idsOf(mailbox, 'anna')).length).toBe(1);
    time.own = time.ledger = last;
    expect(await idsOf(mailbox, 'anna')).toEqual([]);
    await expect(post(mailbox, one)).rejects.toMatchObject({ code: 'LETTER_EXPIRED' });
  });
});

describe('across a restart', () => {
  it('letters, their ends and whom they count for are the same', async () => {
    const { mailbox, store } = open();
    const ids = [
      await post(mailbox, letter('a', 'anna', 'ben')),
      await post(mailbox, letter('a', 'anna')),
    ];
    const again = open({}, store);
    expect(await idsOf(again.mailbox, 'anna')).toEqual(ids);
    expect(await idsOf(again.mailbox, 'ben')).toEqual(ids.slice(0, 1));
    expect((await again.mailbox.state()).letters).toBe(2);
    expect(await boundMet(post(again.mailbox, letter('a', 'carol')))).toBe('sender');
    again.time.own = again.time.ledger = START_SEC + 10n;
    expect(await idsOf(again.mailbox, 'anna')).toEqual([]);
  });

  it('letters of a store from before they had an end live from the time in their id', async () => {
    const store = createMemoryStore();
    const { text } = letter('a', 'anna');
    const id = `${String(START_SEC * 1000n).padStart(16, '0')}-${'0'.repeat(16)}`;
    await store.putDocument('mailbox', `anna ${id}`, text, 10);
    const { mailbox, time } = open({}, store);
    expect(await mailbox.page('anna', '', 50)).toEqual([{ id, text }]);
    time.own = time.ledger = START_SEC + 10n;
    expect(await idsOf(mailbox, 'anna')).toEqual([]);
  });

  it('a letter that was admitted in a former life is kept although the box is full', async () => {
    const { mailbox, store } = open({ maxLettersPerSender: 1 });
    const one = letter('a', 'anna');
    const id = await mailbox.admit(one, '0'.repeat(16));
    const again = open({ maxLettersPerSender: 1 }, store);
    await post(again.mailbox, letter('a', 'anna'));
    await again.mailbox.keep(id, one);
    await again.mailbox.keep(id, one);
    expect((await idsOf(again.mailbox, 'anna')).length).toBe(2);
  });
});

it('a reader who asks for what came after a letter misses none when the clock is set back', async () => {
  const { mailbox, time } = open();
  const first = await post(mailbox, letter('a', 'anna'));
  time.own -= 5n;
  const second = await post(mailbox, letter('a', 'anna'));
  expect((await mailbox.page('anna', first, 50)).map(({ id }) => id)).toEqual([second]);
});
