/** Conditions of a `throw` whose removal lets nothing through, and why. */
export const NOTHING_PASSES: Readonly<Record<string, string>> = {
  'context.ts: this.#ports === undefined':
    'A fault of this package alone: every contract makes its contexts with ports, and without them the next line fails on nothing.',
  'dkg/result.ts: state.result === undefined':
    'A run is active only with a result (dkg/close.ts), and keygen.active above it refuses all others; it says so to the types.',
  'ethereum/escrow-log.ts: isMidlockError(error)':
    'What ethers has decoded fits its types, so that reading it throws nothing of ours; readSwapLog refuses what did not decode.',
  'ethereum/rlp.ts: first === undefined':
    'Without a first byte the length read is no number, and rlp.cut refuses that with the same code.',
  'fabric/proposal.ts: stamp === undefined':
    'fabric-gateway writes a time into every proposal that it makes; without one the next line would fail on nothing.',
  'paillier/modulus-proof.ts: exponent === undefined':
    'A secret key is made only where n and phi share no factor: paillier.gcd-phi in paillier/key.ts.',
};
