import {
  MidlockError,
  hashLockOf,
  secretDomain,
  swapIdOf,
  type Hex32,
  type SwapProfile,
} from '@midlock/protocol';
import { openSession, type Session } from '../core/session.ts';
import type { Store } from '../store/port.ts';
import {
  isAccepted,
  roleIn,
  type PartyAccounts,
  type TermsFile,
} from '../terms-file/terms-file.ts';
import type { SeedPort } from './seed.ts';
import type { SwapService } from './service.ts';

export interface TakeTermsOptions {
  readonly accounts: PartyAccounts;
  readonly profile: SwapProfile;
  readonly store: Pick<Store, 'load' | 'secret' | 'swapOfHashLock'>;
  readonly seed: SeedPort;
  readonly service: Pick<SwapService, 'runtime' | 'add'>;
}

/**
 * Takes on terms, from whomever they come, or adds both signatures to terms that are known. Terms that not both have signed
 * are only followed: nothing is ever locked under them, and they keep no others from being taken, not even under the same
 * hash lock. Otherwise whoever hands on letters could shut out the swap that they imitate.
 * @throws {MidlockError} NOT_OWNER, DEADLINE_ORDER, HASHLOCK_KNOWN, SECRET_INVALID.
 */
export type TakeTerms = (file: TermsFile) => Promise<Hex32>;

export function createTermsTaker(options: TakeTermsOptions): TakeTerms {
  const { accounts, profile, store, seed, service } = options;
  const { runtime } = service;

  /** A hash lock that was agreed before may already be open to others (H4). */
  async function userOf(hashLock: Hex32, swapId: Hex32): Promise<Hex32 | undefined> {
    const uses = (session: Session | undefined): boolean =>
      session?.accepted === true &&
      session.terms.hashLock === hashLock &&
      session.swapId !== swapId;
    const open = runtime.open().find(uses);
    if (open !== undefined) return open.swapId;
    const first = await store.swapOfHashLock(hashLock);
    const stored = first === undefined ? undefined : (await store.load(first))?.session;
    if (stored !== undefined && uses(stored)) return stored.swapId;
    return (await store.secret(hashLock)) === undefined ? undefined : (first ?? swapId);
  }

  async function addSignatures({ swapId, terms, accepted }: Session): Promise<void> {
    if (accepted || runtime.session(swapId) === undefined) return;
    // Nothing is left to be locked where the secret is out.
    if ((await userOf(terms.hashLock, swapId)) === undefined)
      await runtime.dispatch('accept', swapId, { kind: 'accepted' });
  }

  return async (file) => {
    const { terms } = file;
    const swapId = swapIdOf(terms);
    const accepted = isAccepted(file);
    const known = runtime.session(swapId) ?? (await store.load(swapId))?.session;
    if (known !== undefined) {
      if (accepted) await addSignatures(known);
      return swapId;
    }
    const role = roleIn(terms, accounts);
    const user = accepted ? await userOf(terms.hashLock, swapId) : undefined;
    if (user !== undefined) throw new MidlockError('HASHLOCK_KNOWN', { swapId: user });
    if (
      role === 'initiator' &&
      hashLockOf(seed.secret(secretDomain(terms), terms.nonce)) !== terms.hashLock
    )
      throw new MidlockError('SECRET_INVALID', {
        what: 'the seed does not belong to these terms',
      });
    const { nowSec } = runtime.world();
    await service.add(openSession({ terms, role, profile, nowSec, accepted }), 'taken');
    return swapId;
  };
}
