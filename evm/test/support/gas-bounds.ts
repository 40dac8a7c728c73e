/**
 * The most that each operation may cost, in gas of a whole transaction. `REFERENCE` holds the reference table's bounds (evm.md section 11)
 * plus 700 for generation and opaque word, for the rows that keep them; `OWN` holds the rest, as tight as measured. README, Gas, gives
 * the reference beside each and says why some of them cannot be kept.
 */
const REFERENCE = {
  'ETH one-shot lock': 47_700,
  'mid-account claim': 36_500,
  'batch of 50 claim': 10_500,
  'ETH deposit': 45_000,
  'ETH withdraw': 43_000,
};

const OWN = {
  'ETH one-shot lock, first use': 48_900,
  'ETH one-shot claim': 38_200,
  'ETH one-shot refund': 37_900,
  'ETH one-shot refund with consent': 44_100,
  'ERC-20 one-shot lock, first use': 69_300,
  'ERC-20 one-shot lock': 52_200,
  'ERC-20 one-shot claim': 47_200,
  'ERC-20 one-shot refund': 46_900,
  'mid-account lock, first use': 54_300,
  'mid-account lock': 37_200,
  'mid-account refund': 36_300,
  'ERC-20 deposit': 49_300,
  'ERC-20 withdraw': 45_600,
  'batch of 50 lock, first use': 28_000,
  'batch of 50 lock': 10_900,
  'batch of 50 refund': 10_000,
  deploy: 2_700_000,
};

export const GAS_BOUNDS: Readonly<Record<string, number>> = { ...REFERENCE, ...OWN };
