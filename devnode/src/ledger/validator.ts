import { common, peer } from '@hyperledger/fabric-protos';
import type { Identity } from '../msp/index.ts';
import { decodeHeaders, decodeTransaction, type DecodedTransaction } from './decode.ts';
import {
  tryIdentify,
  VALIDATION_CHECKS,
  type EarlierInBlock,
  type ReadEnvelope,
  type ReadTransaction,
  type ValidationCheck,
  type ValidationChecks,
  type ValidationContext,
} from './validation-checks.ts';

const Code = peer.TxValidationCode;

export interface Verdict {
  /** A TxValidationCode. */
  readonly code: number;
  readonly txId: string;
  readonly transaction?: DecodedTransaction;
}

/** Gives each envelope the code that a committing peer gives it; the first check that fails decides. */
export class Validator {
  readonly #context: ValidationContext;
  readonly #checks: ValidationChecks;

  /** `checks`: others than all of them are for the tests of the checks. */
  constructor(context: ValidationContext, checks: ValidationChecks = VALIDATION_CHECKS) {
    this.#context = context;
    this.#checks = checks;
  }

  validate(envelopeBytes: Uint8Array, earlier: EarlierInBlock): Verdict {
    let read: ReadEnvelope;
    let payload: common.Payload;
    try {
      const envelope = common.Envelope.deserializeBinary(envelopeBytes);
      payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
      read = { envelope, ...decodeHeaders(payload) };
    } catch {
      return { code: Code.BAD_PAYLOAD, txId: '' };
    }
    const txId = read.channelHeader.getTxId();
    const refused = this.#firstFailing(this.#checks.envelope, read);
    if (refused !== undefined) return { code: refused, txId };
    let transaction: DecodedTransaction;
    try {
      transaction = decodeTransaction(payload);
    } catch {
      return { code: Code.INVALID_ENDORSER_TRANSACTION, txId };
    }
    const code = this.#judge({ transaction, earlier, endorsers: this.#endorsers(transaction) });
    return { code, txId, transaction };
  }

  #judge(read: ReadTransaction): number {
    const { transaction, namespace, conflict } = this.#checks;
    const refused = this.#firstFailing(transaction, read);
    if (refused !== undefined) return refused;
    for (const checks of [namespace, conflict]) {
      for (const entry of read.transaction.namespaces) {
        const failed = this.#firstFailing(checks, { ...read, namespace: entry });
        if (failed !== undefined) return failed;
      }
    }
    return Code.VALID;
  }

  /** Whose endorsements count: each identity once, however often it signed. */
  #endorsers({ endorsements, responsePayload }: DecodedTransaction): Identity[] {
    const identities = new Map<string, Identity>();
    for (const endorsement of endorsements) {
      const identity = tryIdentify(this.#context.registry, endorsement.getEndorser_asU8());
      if (identity === undefined) continue;
      const read = { endorsement, identity, responsePayload };
      if (this.#firstFailing(this.#checks.endorsement, read) === undefined)
        identities.set(identity.id, identity);
    }
    return [...identities.values()];
  }

  #firstFailing<Subject>(
    checks: readonly ValidationCheck<Subject>[],
    subject: Subject,
  ): number | undefined {
    return checks.find(({ holds }) => !holds(subject, this.#context))?.code;
  }
}
