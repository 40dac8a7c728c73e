import { MidlockError, isMidlockError } from '@midlock/protocol';

/**
 * Whose word counts. With at most f hostile organisations, what `quorum` = f + 1 of them say alike is what an honest one says.
 * They are asked in this order.
 */
export interface PeerQuorum {
  readonly organizations: readonly string[];
  readonly quorum: number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Peers commit the same block at different moments: so often, and so far apart, they are asked again before they count as liars. */
const ROUNDS = 10;
const ROUND_MS = 150;

/**
 * Asks `count` organisations; one that cannot be reached is replaced by the next.
 * @throws {MidlockError} ENDPOINT_UNREACHABLE when fewer than `count` answer; any other error as it comes.
 */
export async function askSeveral<T>(
  organizations: readonly string[],
  count: number,
  ask: (mspId: string) => Promise<T>,
): Promise<readonly T[]> {
  const poll = createPoll(organizations, ask);
  await poll.until(count);
  return poll.answers;
}

/**
 * What a quorum says alike; fails closed. As many organisations as the quorum are asked first, the others only where
 * those contradict each other.
 * @throws {MidlockError} ENDPOINT_LIED when no quorum ever agrees; ENDPOINT_UNREACHABLE when too few answer.
 */
export async function agreeOn<T>(
  peers: PeerQuorum,
  what: string,
  ask: (mspId: string) => Promise<T>,
  same: (a: T, b: T) => boolean,
): Promise<T> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round > 0) await peers.sleep(ROUND_MS);
    const result = await askForQuorum(peers, ask, same);
    if (result.agreed) return result.value;
  }
  throw new MidlockError('ENDPOINT_LIED', {
    ledger: 'fabric',
    what: `organisations contradict each other about ${what}`,
    organizations: peers.organizations,
  });
}

export type QuorumAnswer<T> =
  | { readonly agreed: true; readonly value: T }
  | { readonly agreed: false; readonly answers: readonly T[] };

/** One round of {@link agreeOn}. Throws ENDPOINT_UNREACHABLE when too few answer. */
export async function askForQuorum<T>(
  { organizations, quorum }: PeerQuorum,
  ask: (mspId: string) => Promise<T>,
  same: (a: T, b: T) => boolean,
): Promise<QuorumAnswer<T>> {
  const poll = createPoll(organizations, ask);
  await poll.until(quorum);
  for (;;) {
    // By index: that there is nothing (undefined) is an answer on which peers can agree.
    const agreed = poll.answers.findIndex(
      (answer) => poll.answers.filter((other) => same(answer, other)).length >= quorum,
    );
    if (agreed >= 0) return { agreed: true, value: poll.answers[agreed] as T };
    if (!(await poll.more())) return { agreed: false, answers: poll.answers };
  }
}

interface Poll<T> {
  readonly answers: readonly T[];
  /** Asks until there are `count` answers. Throws ENDPOINT_UNREACHABLE. */
  until(count: number): Promise<void>;
  /** Asks everybody who was not asked yet; false when nobody is left. */
  more(): Promise<boolean>;
}

function createPoll<T>(
  organizations: readonly string[],
  ask: (mspId: string) => Promise<T>,
): Poll<T> {
  const answers: T[] = [];
  let next = 0;
  let failure: unknown;

  async function askNext(count: number): Promise<boolean> {
    const asked = organizations.slice(next, next + count);
    next += asked.length;
    for (const result of await Promise.allSettled(asked.map(ask))) {
      if (result.status === 'fulfilled') answers.push(result.value);
      else if (isMidlockError(result.reason, 'ENDPOINT_UNREACHABLE')) failure = result.reason;
      else throw result.reason;
    }
    return asked.length > 0;
  }

  return {
    answers,
    until: async (count) => {
      while (answers.length < count) {
        if (await askNext(count - answers.length)) continue;
        throw new MidlockError(
          'ENDPOINT_UNREACHABLE',
          { ledger: 'fabric', answers: answers.length, needed: count },
          { cause: failure },
        );
      }
    },
    more: () => askNext(organizations.length),
  };
}
