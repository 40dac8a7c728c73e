/** Collects envelopes into blocks by count and time, as an orderer does. */
export interface BatchOptions {
  readonly timeoutMs: number;
  readonly maxMessages: number;
}

export class Batcher {
  readonly #options: BatchOptions;
  readonly #cut: (envelopes: readonly Uint8Array[]) => void;
  #pending: Uint8Array[] = [];
  #timer: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(options: BatchOptions, cut: (envelopes: readonly Uint8Array[]) => void) {
    this.#options = options;
    this.#cut = cut;
  }

  add(envelope: Uint8Array): void {
    this.#pending.push(envelope);
    if (this.#paused) return;
    if (this.#pending.length >= this.#options.maxMessages) this.cutNow();
    else this.#timer ??= setTimeout(() => this.cutNow(), this.#options.timeoutMs);
  }

  /** Cuts a block of what is waiting; does nothing when nothing is. */
  cutNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const envelopes = this.#pending.splice(0);
    if (envelopes.length > 0) this.#cut(envelopes);
  }

  pause(): void {
    this.#paused = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  resume(): void {
    this.#paused = false;
    this.cutNow();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
