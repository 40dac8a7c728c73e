import {
  CommitError,
  CommitStatusError,
  EndorseError,
  GatewayError,
} from '@hyperledger/fabric-gateway';

/** JSON that a recording holds. */
export type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** A failure as a client sees it, without what differs from run to run. */
export interface Failure {
  readonly [key: string]: Plain;
}

/** Takes out transaction ids, hashes, addresses and times. */
function stripText(text: string): string {
  return text
    .replace(/\b[0-9a-f]{64}\b/g, '<id>')
    .replace(/larger than max \(\d+ vs/, 'larger than max (<size> vs')
    .replace(/\b[0-9a-f]{200,}\b/g, '<bytes>')
    .replace(
      /(?:\d{1,3}(?:\.\d{1,3}){3}|\[::\]|localhost|peer0\.org\d\.example\.com):\d+/g,
      '<address>',
    )
    .replace(
      /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?: [+-]\d{4} UTC| UTC|Z)?(?: m=\S+)?/g,
      '<time>',
    );
}

/** What a rejected promise of the client carries: class, gRPC code, message and details in stable order. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof CommitError) {
    return { class: 'CommitError', code: error.code, message: stripText(error.message) };
  }
  if (error instanceof GatewayError) {
    const details = error.details.map(({ mspId, message }) => ({
      mspId,
      message: stripText(message),
    }));
    const sorted = details.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    return {
      class: classOf(error),
      code: error.code,
      message: stripText(error.message),
      details: sorted,
    };
  }
  const { name, message } =
    error instanceof Error ? error : { name: 'unknown', message: String(error) };
  return { class: name, message: stripText(message) };
}

function classOf(error: GatewayError): string {
  if (error instanceof EndorseError) return 'EndorseError';
  if (error instanceof CommitStatusError) return 'CommitStatusError';
  return error.name;
}

/** Details without the organisation: which second peer is asked is the gateway's choice. */
export function withoutPeers(failure: Plain): Plain {
  if (typeof failure !== 'object' || failure === null || !('details' in failure)) return failure;
  const details = failure['details'] as readonly { readonly message: string }[];
  return { ...failure, details: [...new Set(details.map(({ message }) => message))].toSorted() };
}

/** Bytes, numbers of 64 bits and undefined as JSON has them; texts stripped. */
export function toPlain(value: unknown): Plain {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return stripText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toPlain(entry)]));
}
