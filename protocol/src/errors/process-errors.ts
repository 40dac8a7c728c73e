import type { ErrorEntry } from './catalogue.ts';

/** The part of the catalogue about stores, secrets, processes, their API and the tools they need. */
export const PROCESS_ERRORS = {
  // Store, secrets, processes
  STORE_CORRUPT: {
    summary: 'The journal is damaged or was changed by something else.',
    next: 'Restore a backup, or rebuild from the ledgers with midlock swap recover.',
    retry: 'never',
    exit: 1,
  },
  STORE_UNWRITABLE: {
    summary: 'The journal cannot be written.',
    next: 'Free disk space or correct permissions; nothing is sent without a journal.',
    retry: 'safe',
    exit: 1,
  },
  STORE_VERSION: {
    summary: 'The journal was written by a newer version or was changed concurrently.',
    next: 'Stop the other process, or use the newer version.',
    retry: 'safe',
    exit: 1,
  },
  SECRET_FILE_EXPOSED: {
    summary: 'A file with secrets is readable by others.',
    next: 'chmod 600 the file named in the error.',
    retry: 'never',
    exit: 3,
  },
  SWAP_UNKNOWN: {
    summary: 'No such swap is known here.',
    next: 'Give its terms file, or search the ledgers with midlock swap recover.',
    retry: 'never',
    exit: 5,
  },
  SWAP_EXISTS: {
    summary: 'A swap with this id is known already.',
    next: 'Show it with midlock swap show.',
    retry: 'never',
    exit: 5,
  },
  SWAP_STATE: {
    summary: 'The swap is not in a state that allows this.',
    next: 'See midlock swap explain.',
    retry: 'after-query',
    exit: 5,
  },
  VETO: {
    summary: 'The counterparty alone could block endorsement.',
    next: 'Add a neutral organisation, or acknowledge the veto in the configuration.',
    retry: 'never',
    exit: 3,
  },

  // API
  REQUEST_INVALID: {
    summary: 'The request does not fit the schema.',
    next: 'See the fields in the data and /api.',
    retry: 'never',
    exit: 2,
  },
  REQUEST_UNAUTHORIZED: {
    summary: 'A valid token is missing.',
    next: 'Send Authorization: Bearer with a token of the needed scope.',
    retry: 'never',
    exit: 5,
  },
  IDEMPOTENCY_MISMATCH: {
    summary: 'This Idempotency-Key was used with another request.',
    next: 'Use a new key for a new request.',
    retry: 'never',
    exit: 5,
  },
  OVERLOADED: {
    summary: 'The service takes no more work now.',
    next: 'Try again after the time in Retry-After.',
    retry: 'safe',
    exit: 6,
  },
  MAILBOX_FULL: {
    summary: 'The mailbox takes no further letter of this sender, or for this recipient.',
    next: 'Try again after the time in Retry-After; letters go when they are read or their life ends.',
    retry: 'safe',
    exit: 6,
  },
  LETTER_EXPIRED: {
    summary: 'The deadlines in this letter are past.',
    next: 'Agree on new terms.',
    retry: 'never',
    exit: 5,
  },
  PORT_IN_USE: {
    summary: 'A port is taken.',
    next: 'Stop the other process or choose another port (0 for any).',
    retry: 'safe',
    exit: 4,
  },
  TOOL_MISSING: {
    summary: 'A program that this needs is not on this machine.',
    next: 'Install it as the error says.',
    retry: 'never',
    exit: 3,
  },
  TOOL_VERSION: {
    summary: 'A program on this machine is of a version that this cannot use.',
    next: 'Install the version that the error names, or point to a folder that has it.',
    retry: 'never',
    exit: 3,
  },
  DESCRIPTION_INVALID: {
    summary: 'A description of a network, or the folder of one, cannot be used.',
    next: 'Correct what the error names, or let midlock network up or config import write it anew.',
    retry: 'never',
    exit: 3,
  },
  PROCESS_FAILED: {
    summary: 'A process of the network ended by itself.',
    next: 'Read the log file named in the error, then start again.',
    retry: 'safe',
    exit: 4,
  },
  START_TIMED_OUT: {
    summary: 'A process or a network did not become ready in time.',
    next: 'Read the log files in its folder; try again when the machine is less busy.',
    retry: 'safe',
    exit: 4,
  },
  DEPLOY_FAILED: {
    summary: 'A chaincode definition was not committed.',
    next: 'Compare the definition with what the organisations approved, then deploy again.',
    retry: 'after-query',
    exit: 5,
  },
  ADMIN_REFUSED: {
    summary: 'A peer does not let this identity administer it.',
    next: "Use the certificate and key of an administrator of the peer's own organisation (--admin, --org).",
    retry: 'never',
    exit: 5,
  },
  APPROVAL_MISSING: {
    summary: 'Too few organisations approved this chaincode definition.',
    next: 'Let the organisations named in the error run midlock deploy fabric --org, with the same version and policy.',
    retry: 'safe',
    exit: 5,
  },
  CHAINCODE_UNREACHABLE: {
    summary: 'A chaincode server does not answer.',
    next: 'Start it with the CHAINCODE_ID and address named in the error and deploy again; what stands is left. --unseen-servers goes on where only peers reach it.',
    retry: 'safe',
    exit: 4,
  },
  PACKAGE_MISMATCH: {
    summary: 'A chaincode package or server has another id than the definition says.',
    next: 'Start a server with the CHAINCODE_ID named in the error, beside the old one at another --address, and deploy again.',
    retry: 'never',
    exit: 5,
  },
  SEQUENCE_MISMATCH: {
    summary: 'The definition on the channel changed meanwhile.',
    next: 'Run the same command again: it reads the sequence that stands and goes on from there.',
    retry: 'safe',
    exit: 5,
  },
  INTERNAL: {
    summary: 'Something that cannot happen did.',
    next: 'Report this with the log; the journal is intact.',
    retry: 'after-query',
    exit: 1,
  },
} as const satisfies Record<string, ErrorEntry>;
