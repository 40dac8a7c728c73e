import {
  FABRIC_EVENT,
  FABRIC_TX,
  parseSecret,
  swapIdOf,
  MidlockError,
  type LegFact,
  type Position,
} from '@midlock/protocol';
import { parseEventPayload, type MidAccountChange } from './answers.ts';
import type { FabricBlock, FabricTransaction } from './block.ts';

const VALID = 0;
/** `mid-account:claim`, swap id, secret. */
const CLAIM_SECRET_ARGUMENT = 2;

/**
 * The swap facts of a block: from events of VALID transactions of our chaincode only.
 * @throws {MidlockError} ENDPOINT_LIED for an event that the chaincode cannot have emitted.
 */
export function factsOf(block: FabricBlock, chaincode: string): readonly LegFact[] {
  return block.transactions
    .filter((transaction) => isOurs(transaction, chaincode))
    .flatMap((transaction) => {
      const at = positionOf(block, transaction);
      return parseEventPayload(transaction.event?.payload ?? new Uint8Array()).map((change) =>
        factOf(change, at),
      );
    });
}

export function positionOf(block: FabricBlock, transaction: FabricTransaction): Position {
  return {
    height: block.height,
    blockHash: block.hash,
    txId: transaction.txId,
    timeSec: transaction.stampMs / 1000n,
  };
}

/**
 * Secrets in claims that were ordered but are not VALID: nobody was paid, yet everybody can read them.
 * Anything that is not a well-formed secret is passed over.
 */
export function strayedSecretsOf(block: FabricBlock, chaincode: string): readonly Uint8Array[] {
  return block.transactions
    .filter(
      ({ validationCode, args, ...transaction }) =>
        validationCode !== VALID &&
        transaction.chaincode === chaincode &&
        textOf(args[0]) === FABRIC_TX.claim,
    )
    .flatMap(({ args }) => {
      const secret = trySecret(args[CLAIM_SECRET_ARGUMENT]);
      return secret === undefined ? [] : [secret];
    });
}

function isOurs({ validationCode, event }: FabricTransaction, chaincode: string): boolean {
  return validationCode === VALID && event?.chaincode === chaincode && event.name === FABRIC_EVENT;
}

function factOf(change: MidAccountChange, at: Position): LegFact {
  const { swapId } = change;
  switch (change.type) {
    case 'locked':
    case 'declined':
      if (swapIdOf(change.terms) !== swapId)
        throw new MidlockError('ENDPOINT_LIED', { what: 'swap id of an event', txId: at.txId });
      return { kind: change.type, ledger: 'fabric', swapId, terms: change.terms, at };
    case 'claimed':
      return { kind: 'claimed', ledger: 'fabric', swapId, secret: change.secret, at };
    case 'refunded':
      return { kind: 'refunded', ledger: 'fabric', swapId, how: 'expiry', at };
    case 'released':
      return { kind: 'refunded', ledger: 'fabric', swapId, how: 'release', at };
  }
}

function trySecret(argument: Uint8Array | undefined): Uint8Array | undefined {
  try {
    return parseSecret(textOf(argument));
  } catch {
    return undefined;
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}
