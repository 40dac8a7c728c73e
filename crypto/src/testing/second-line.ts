/**
 * Checks that stand behind or before another refusal, so that removing one alone lets nothing through. They stay, because the other
 * refusal is not ours or may change; each is asserted to be the one that answers where that can be seen.
 */
export const SECOND_LINE: Readonly<Record<string, string>> = {
  'bls.secret-range': 'noble refuses the scalars 0 and r too',
  'bls.encode-identity': 'the identity has no affine form; noble throws',
  'multisig.key-identity': 'then only the identity would verify, which has no encoding',
};
