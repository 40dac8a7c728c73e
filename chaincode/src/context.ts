import { createHash } from 'node:crypto';
import { Context } from 'fabric-contract-api';
import {
  FABRIC_EVENT,
  FABRIC_SCHEMA,
  canonicalJson,
  toHex32,
  type FabricEventPayload,
  type Hex32,
} from '@midlock/protocol';
import { callerOf, type Caller } from './caller.ts';
import type { ChaincodePorts } from './ports.ts';
import { requireRule } from './rules.ts';
import { State } from './state.ts';

type DomainEvent = FabricEventPayload['events'][number];

const MAX_STAMP_MS = 2 ** 50;

/** One transaction: its stamp, its caller, the ledger as it sees it and the events it will emit. */
export class MidlockContext extends Context {
  readonly #ports: ChaincodePorts | undefined;
  readonly #events: DomainEvent[] = [];
  #notes = 0;
  #caller: Caller | undefined;
  #state: State | undefined;

  /** @param ports absent only where a decorator asks for the class of the context. */
  constructor(ports?: ChaincodePorts) {
    super();
    this.#ports = ports;
  }

  get ports(): ChaincodePorts {
    if (this.#ports === undefined) throw new TypeError('MidlockContext: made without ports');
    return this.#ports;
  }

  get state(): State {
    return (this.#state ??= new State(this.stub));
  }

  get caller(): Caller {
    return (this.#caller ??= callerOf(this.stub));
  }

  /** The transaction's stamp, Unix milliseconds: the same on every endorser, chosen by the client. Throws STAMP_OUTSIDE_WINDOW when malformed. */
  get stampMs(): bigint {
    const stampMs = this.stub.getDateTimestamp().getTime();
    const wellFormed = stampMs >= 0 && stampMs < MAX_STAMP_MS;
    requireRule('stamp-well-formed', wellFormed, { mspId: this.ports.mspId });
    return BigInt(stampMs);
  }

  get stampSec(): bigint {
    return this.stampMs / 1000n;
  }

  /** The id of the transaction's next note: SHA-256(32-byte transaction id || 4-byte big-endian index). */
  nextNoteId(): Hex32 {
    const index = Buffer.alloc(4);
    index.writeUInt32BE(this.#notes);
    this.#notes += 1;
    return toHex32(
      createHash('sha256').update(Buffer.from(this.stub.getTxID(), 'hex')).update(index).digest(),
    );
  }

  emit(event: DomainEvent): void {
    this.#events.push(event);
  }

  /** Sets the transaction's one event; called when its function has returned. */
  flushEvents(): void {
    if (this.#events.length === 0) return;
    const payload: FabricEventPayload = { schema: FABRIC_SCHEMA, events: this.#events };
    this.stub.setEvent(FABRIC_EVENT, Buffer.from(canonicalJson(payload)));
  }
}
