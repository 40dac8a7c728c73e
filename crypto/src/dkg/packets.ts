import { sha256 } from '@noble/hashes/sha2.js';
import { bytesInteger, concat, integerBytes, lengthPrefixed, utf8 } from '../encoding/bytes.ts';
import { check } from '../internal/check.ts';

/** The phases in their order, who sends in them and what follows: the machine's table. */
export const PHASES = {
  deal: { code: 1, sender: 'dealer', next: 'complain' },
  complain: { code: 2, sender: 'member', next: 'answer' },
  answer: { code: 3, sender: 'dealer', next: 'confirm' },
  confirm: { code: 4, sender: 'member', next: 'active' },
} as const satisfies Record<string, { code: number; sender: 'dealer' | 'member'; next: string }>;

export type Phase = keyof typeof PHASES;

const HEADER_LENGTH = 32 + 1 + 2 + 4;
const MAX_SIGNATURE_LENGTH = 256;

/** A packet of the log: signed by the chain identity of its sender. */
export interface Packet {
  readonly session: Uint8Array;
  readonly phase: Phase;
  /** Index of the sender among the dealers or members, by phase. */
  readonly sender: number;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
}

/** What the sender signs: session, phase, sender and body, each in its own place (32 bytes). */
export function packetDigest({
  session,
  phase,
  sender,
  body,
}: Omit<Packet, 'signature'>): Uint8Array {
  const place = concat(Uint8Array.of(PHASES[phase].code), integerBytes(BigInt(sender), 2));
  return sha256(lengthPrefixed(utf8('midlock/v1/keygen-packet'), session, place, body));
}

/** Session (32), phase (1), sender (2), length of the body (4), body, signature. */
export function encodePacket({ session, phase, sender, body, signature }: Packet): Uint8Array {
  const length = integerBytes(BigInt(body.length), 4);
  return concat(
    session,
    Uint8Array.of(PHASES[phase].code),
    integerBytes(BigInt(sender), 2),
    length,
    body,
    signature,
  );
}

/** Reads {@link encodePacket}'s bytes. Throws CRYPTO_ENCODING for anything that it does not write. */
export function parsePacket(bytes: Uint8Array): Packet {
  const entry = Object.entries(PHASES).find(([, { code }]) => code === bytes[32]);
  check('packet.phase', entry !== undefined, 'CRYPTO_ENCODING');
  const length = Number(bytesInteger(bytes.subarray(35, 39)));
  const signatureLength = bytes.length - HEADER_LENGTH - length;
  check(
    'packet.length',
    signatureLength > 0 && signatureLength <= MAX_SIGNATURE_LENGTH,
    'CRYPTO_ENCODING',
  );
  return {
    session: bytes.slice(0, 32),
    phase: (entry?.[0] ?? 'deal') as Phase,
    sender: Number(bytesInteger(bytes.subarray(33, 35))),
    body: bytes.slice(HEADER_LENGTH, HEADER_LENGTH + length),
    signature: bytes.slice(HEADER_LENGTH + length),
  };
}
