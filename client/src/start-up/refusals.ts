import { CATALOGUE, type ErrorCode } from '@midlock/protocol';

/** A state of things in which nothing is started. */
export interface Refusal {
  /** What is seen, as a sentence for people. */
  readonly what: string;
  readonly code: ErrorCode;
  /**
   * `configuration`: refused always; it passes only when somebody changes it. `networks`: refused for new work. While
   * swaps are open it is a warning instead: to stand by while a deadline passes would lose more than it saves.
   */
  readonly seenIn: 'configuration' | 'networks';
}

/** Every state in which an agent, a relayer or a command that acts refuses to start; docs/operations.md lists it. */
export const REFUSALS = {
  'secret-exposed': {
    what: 'a file with a key, a seed, a password or a token can be read by group or others',
    code: 'SECRET_FILE_EXPOSED',
    seenIn: 'configuration',
  },
  'open-listener': {
    what: 'the API listens beyond loopback without TLS and tokens, or the operations listener does at all',
    code: 'TLS_REQUIRED',
    seenIn: 'configuration',
  },
  'development-key': {
    what: 'the Ethereum key is one of the well-known development accounts (anvil, Hardhat, Ganache) and the chain id none of 31337, 1337, 2021',
    code: 'DEVELOPMENT_KEY',
    seenIn: 'configuration',
  },
  'identity-refused': {
    what: "the organisation's peer does not accept the Fabric identity on the channel: a certificate of another organisation or authority",
    code: 'IDENTITY_INVALID',
    seenIn: 'networks',
  },
  'clock-offset': {
    what: "as many organisations as must endorse find this machine's clock more than 5 s off in the same direction",
    code: 'CLOCK_OFF',
    seenIn: 'networks',
  },
  'rpc-quorum': {
    what: 'fewer Ethereum endpoints answer than `ethereum.quorum`',
    code: 'QUORUM_MISSING',
    seenIn: 'networks',
  },
  'stamp-guard': {
    what: "as many organisations as must endorse run a transaction whose stamp lies a minute outside the profile's windows: neither peer nor chaincode refuses it",
    code: 'STAMPS_UNGUARDED',
    seenIn: 'networks',
  },
} as const satisfies Readonly<Record<string, Refusal>>;

export type RefusalId = keyof typeof REFUSALS;

/** What to do about a refusal: the catalogue's word for its code. */
export function nextStepOf(id: RefusalId): string {
  return CATALOGUE[REFUSALS[id].code].next;
}
