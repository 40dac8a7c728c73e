import { parseErrorText, parseTermsText, termsText } from '@midlock/protocol';
import { bytesOf, midlockErrors, textOf, type Target } from '../target.ts';
import { sampleTerms } from './samples.ts';

/** Terms as parties exchange them, and error texts that other systems pass on. */
export const PROTOCOL_TARGETS: readonly Target[] = [
  {
    name: 'protocol/terms',
    about: "a swap's terms as text, from the other party",
    format: 'json',
    sources: ['protocol/src/'],
    seeds: () => sampleTerms(6).map((terms) => bytesOf(termsText(terms))),
    parse: (input) => parseTermsText(textOf(input)),
    write: (terms: ReturnType<typeof parseTermsText>) => bytesOf(termsText(terms)),
    accepts: midlockErrors(
      'TERMS_FIELD_INVALID',
      'TERMS_UNKNOWN_FIELD',
      'TERMS_VERSION_UNKNOWN',
      'AMOUNT_INVALID',
    ),
  },
  {
    name: 'protocol/error-text',
    about: 'an error of ours inside a text of another system: a peer, a node, a log',
    format: 'text',
    sources: ['protocol/src/errors/midlock-error.ts'],
    seeds: () => [
      bytesOf('rpc error: CLAIM_TOO_LATE: too late {"timeSec":"5"} and {more}'),
      bytesOf('NOT_OWNER: not the owner {"owner":"Org1MSP:0x00","tail":{"a":[1,"}"]}}'),
    ],
    parse: (input) => parseErrorText(textOf(input))?.toJSON(),
    accepts: () => false,
  },
];
