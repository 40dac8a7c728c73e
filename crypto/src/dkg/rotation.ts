import { sameBytes } from '../encoding/bytes.ts';
import { statementDigest } from '../encoding/statement.ts';
import type { Statement, StatementDomain } from '../encoding/statement-schema.ts';
import { check, holds } from '../internal/check.ts';
import type { Verifier } from '../verifier/verifier.ts';

/** A committee key as a ledger knows it. */
export interface RegisteredKey {
  readonly epoch: bigint;
  readonly rosterHash: Uint8Array;
  readonly verifier: Verifier;
}

/**
 * The keys that a ledger accepts: one for new work, and for a while the one before it for what was opened under it.
 * For chaincode and committee, and the rule that a contract's register has to follow.
 */
export interface KeyRegister {
  readonly domain: StatementDomain;
  readonly current: RegisteredKey;
  /** The key before, until the last deadline of what was opened under it. */
  readonly previous: { readonly key: RegisteredKey; readonly untilSec: bigint } | undefined;
}

/**
 * The register after a `rotate` statement signed by the current key. From `activeFromSec` the new key opens work; the old one
 * finishes what it began until `lastDeadlineSec` and is refused afterwards.
 * @throws {CryptoError} CRYPTO_DOMAIN (another epoch or roster, not the next epoch, too early), CRYPTO_INVALID (signature),
 * CRYPTO_KEY (the verifier is not of the key in the statement).
 */
export function rotateKey(
  register: KeyRegister,
  statement: Statement<'rotate'>,
  proof: Uint8Array,
  next: { readonly key: Uint8Array; readonly verifier: Verifier },
  nowSec: bigint,
): KeyRegister {
  const { current, domain } = register;
  check('rotate.epoch', statement.epoch === current.epoch, 'CRYPTO_DOMAIN');
  check('rotate.next-epoch', statement.nextEpoch === current.epoch + 1n, 'CRYPTO_DOMAIN');
  check('rotate.roster', sameBytes(statement.rosterHash, current.rosterHash), 'CRYPTO_DOMAIN');
  check('rotate.active', nowSec >= statement.activeFromSec, 'CRYPTO_DOMAIN');
  check(
    'rotate.key',
    next.verifier.scheme === statement.scheme && sameBytes(next.key, statement.nextKey),
    'CRYPTO_KEY',
  );
  check(
    'rotate.signature',
    current.verifier.verify(statementDigest(statement, domain), proof),
    'CRYPTO_INVALID',
  );
  return {
    domain,
    current: {
      epoch: statement.nextEpoch,
      rosterHash: statement.nextRosterHash,
      verifier: next.verifier,
    },
    previous: { key: current, untilSec: statement.lastDeadlineSec },
  };
}

/**
 * True when the statement is certified by a key that the ledger accepts now: the current one, or the one before it until its
 * last deadline, for a statement of its own epoch and roster. The old key never rotates again.
 */
export function isCertified(
  register: KeyRegister,
  statement: Statement,
  proof: Uint8Array,
  nowSec: bigint,
): boolean {
  const { current, previous, domain } = register;
  const inTime =
    previous !== undefined && holds('register.old-key-in-time', nowSec <= previous.untilSec);
  const candidates = [current, ...(inTime && statement.kind !== 'rotate' ? [previous.key] : [])];
  const key = candidates.find(({ epoch }) => holds('register.epoch', epoch === statement.epoch));
  if (
    key === undefined ||
    !holds('register.roster', sameBytes(statement.rosterHash, key.rosterHash))
  )
    return false;
  return holds(
    'register.signature',
    key.verifier.verify(statementDigest(statement, domain), proof),
  );
}
