/** The clock that all peers share, and what each is off by; both can be moved. */
export class PeerClocks {
  readonly #source: () => number;
  readonly #skews = new Map<string, number>();
  #offsetMs = 0;

  constructor(source: () => number) {
    this.#source = source;
  }

  nowMs(): number {
    return this.#source() + this.#offsetMs;
  }

  /** `peer`: a name that no other peer has. */
  peerNowMs(peer: string): number {
    return this.nowMs() + (this.#skews.get(peer) ?? 0);
  }

  set(nowMs: number): void {
    this.#offsetMs = nowMs - this.#source();
  }

  skew(peer: string, skewMs: number): void {
    this.#skews.set(peer, skewMs);
  }
}
