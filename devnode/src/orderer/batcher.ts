export interface BatchOptions {
  /** Longest wait of the first envelope of a block. */
  readonly timeoutMs: number;
  readonly maxMessages: number;
  /** A block of more octets is cut before the envelope that would exceed it; a larger envelope is a block of its own. */
  readonly preferredMaxBytes: number;
}

/** Collects envelopes into blocks by count, octets and time, as an orderer does; can be paused and rearranged. */
export class Batcher {
  readonly #options: BatchOptions;
  readonly #cut: (envelopes: readonly Uint8Array[]) => void;
  readonly #idOf: (envelope: Uint8Array) => string;
  readonly #withheldIds = new Set<string>();
  readonly #withheld = new Map<string, Uint8Array>();
  #pending: Uint8Array[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(
    options: BatchOptions,
    idOf: (envelope: Uint8Array) => string,
    cut: (envelopes: readonly Uint8Array[]) => void,
  ) {
    this.#options = options;
    this.#idOf = idOf;
    this.#cut = cut;
  }

  /** Transaction ids that wait for the next block, in order. */
  get pending(): readonly string[] {
    return this.#pending.map(this.#idOf);
  }

  add(envelope: Uint8Array): void {
    if (this.#withheldIds.size > 0 && this.#withheldIds.has(this.#idOf(envelope))) {
      this.#withheld.set(this.#idOf(envelope), envelope);
      return;
    }
    if (
      !this.#paused &&
      this.#pending.length > 0 &&
      this.#bytes + envelope.length > this.#options.preferredMaxBytes
    )
      this.cutNow();
    this.#pending.push(envelope);
    this.#bytes += envelope.length;
    if (this.#paused) return;
    const isFull =
      this.#pending.length >= this.#options.maxMessages ||
      envelope.length > this.#options.preferredMaxBytes;
    if (isFull) this.cutNow();
    else
      this.#timer ??= setTimeout(() => {
        this.cutNow();
      }, this.#options.timeoutMs);
  }

  /** Cuts a block of what is waiting; does nothing when nothing is. */
  cutNow(): void {
    this.#stopTimer();
    const envelopes = this.#pending.splice(0);
    this.#bytes = 0;
    if (envelopes.length > 0) this.#cut(envelopes);
  }

  pause(): void {
    this.#paused = true;
    this.#stopTimer();
  }

  resume(): void {
    this.#paused = false;
    this.cutNow();
  }

  /** Puts the named transactions first, in this order; the others keep theirs. */
  reorder(txIds: readonly string[]): void {
    const rank = (envelope: Uint8Array) => {
      const at = txIds.indexOf(this.#idOf(envelope));
      return at === -1 ? txIds.length : at;
    };
    this.#pending = this.#pending.toSorted((a, b) => rank(a) - rank(b));
  }

  /** Keeps a transaction back, whether it waits already or comes later, until `release`. */
  withhold(txId: string): void {
    this.#withheldIds.add(txId);
    const at = this.#pending.findIndex((envelope) => this.#idOf(envelope) === txId);
    const [envelope] = at === -1 ? [] : this.#pending.splice(at, 1);
    if (envelope === undefined) return;
    this.#withheld.set(txId, envelope);
    this.#bytes -= envelope.length;
  }

  release(txId: string): void {
    this.#withheldIds.delete(txId);
    const envelope = this.#withheld.get(txId);
    this.#withheld.delete(txId);
    if (envelope !== undefined) this.add(envelope);
  }

  /** Forgets what waits and what is kept back. */
  clear(): void {
    this.#stopTimer();
    this.#pending = [];
    this.#bytes = 0;
    this.#withheld.clear();
    this.#withheldIds.clear();
  }

  close(): void {
    this.#stopTimer();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
