import { keccak256, toUtf8Bytes } from 'ethers';

/** A reproducible source of bytes: keccak-256 of a label and a counter, so that every run writes the same vectors. */
export class VectorRandom {
  readonly #label: string;
  #counter = 0;

  constructor(label: string) {
    this.#label = label;
  }

  /** The next 1 to 32 bytes as `0x` hex. */
  hex(bytes: number): `0x${string}` {
    this.#counter += 1;
    return keccak256(toUtf8Bytes(`${this.#label}/${this.#counter}`)).slice(
      0,
      2 + 2 * bytes,
    ) as `0x${string}`;
  }

  /** The next whole number in 0 .. bound-1; the bias of a 256-bit reduction does not matter here. */
  below(bound: bigint): bigint {
    return BigInt(this.hex(32)) % bound;
  }

  pick<T>(options: readonly [T, ...T[]]): T {
    return options[Number(this.below(BigInt(options.length)))] ?? options[0];
  }
}
