/** An endorser of the model says no, with the code that the chaincode gives. */
export class ModelRefusal extends Error {
  readonly code:
    | 'ENDORSEMENT_REFUSED'
    | 'STAMP_OUTSIDE_WINDOW'
    | 'LOCK_EXISTS'
    | 'LOCK_UNKNOWN'
    | 'LOCK_SETTLED'
    | 'CLAIM_TOO_LATE'
    | 'REFUND_TOO_EARLY'
    | 'NOT_OWNER'
    | 'NOT_BENEFICIARY'
    | 'BALANCE_INSUFFICIENT'
    | 'DEADLINE_TOO_CLOSE'
    | 'DEADLINE_TOO_FAR'
    | 'DEADLINE_ORDER'
    | 'NETWORK_MISMATCH'
    | 'SECRET_INVALID'
    | 'ASSET_UNKNOWN'
    | 'ASSET_LOCKED';

  constructor(code: ModelRefusal['code']) {
    super(code);
    this.code = code;
  }
}
