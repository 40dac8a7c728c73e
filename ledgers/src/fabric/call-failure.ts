import { GatewayError, type ErrorDetail } from '@hyperledger/fabric-gateway';

/** What a call of a node came to when it failed: the shape of fabric-gateway's errors, whichever client made it. */
export interface FailedCall {
  /** gRPC status code. */
  readonly code: number;
  readonly message: string;
  /** What single peers had to say. */
  readonly details: readonly ErrorDetail[];
}

/** A failed call of a client other than fabric-gateway. */
export class CallFailure extends Error implements FailedCall {
  readonly code: number;
  readonly details: readonly ErrorDetail[];

  constructor(code: number, message: string, details: readonly ErrorDetail[] = []) {
    super(message);
    this.name = 'CallFailure';
    this.code = code;
    this.details = details;
  }
}

export function isFailedCall(error: unknown): error is FailedCall {
  return error instanceof GatewayError || error instanceof CallFailure;
}
