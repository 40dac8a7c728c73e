import { CATALOGUE, type ErrorEntry } from '../src/errors/catalogue.ts';
import { SWAP_STATES, SWAP_TABLE, swapDiagram, type SwapRow } from '../src/swap-state.ts';

const EXIT_CODES: Readonly<Record<ErrorEntry['exit'], string>> = {
  1: 'a fault of this program or of its journal',
  2: 'an argument, a file or terms are malformed',
  3: 'the configuration or this machine is not fit',
  4: 'a node or another process does not do its part',
  5: 'refused: by a ledger, or because it would not be safe',
  6: 'not known yet, or not in time: read the ledgers before anything else',
  7: 'the swap ended, and ended refunded',
  8: 'a signature or a proof does not verify',
};

const RETRY = {
  never: 'no: change the input',
  safe: 'yes: nothing was changed',
  'after-query': 'read the ledger first',
} as const satisfies Record<ErrorEntry['retry'], string>;

/** docs/errors.md, whole; written by write-documents.ts and compared by documents.test.ts. */
export function errorsDocument(): string {
  const codes = Object.entries(CATALOGUE).map(([code, entry]: [string, ErrorEntry]) => {
    const { summary, next, retry, exit } = entry;
    return `| \`${code}\` | ${summary} | ${next} | ${RETRY[retry]} | ${exit} |`;
  });
  const exits = Object.entries(EXIT_CODES).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return `# Errors

<!-- Written by protocol/scripts/write-documents.ts from protocol/src/errors/; change it there. -->

One catalogue for everything: the same codes come from the command line, the API (\`type\` and \`code\` of a problem document), the SDK
(\`MidlockError.code\`) and the chaincode, whose refusals read \`CODE: sentence {data}\`. A code never changes its meaning.
\`data\` says what was wrong, and never holds a secret.

## Exit codes of \`midlock\`

| code | means |
|---|---|
| 0 | done |
${exits.join('\n')}
| 130 | interrupted by Ctrl-C, cleaned up |

## Codes

| code | what happened | what to do | try again | exit |
|---|---|---|---|---|
${codes.join('\n')}
`;
}

/** docs/swap-states.md, whole. */
export function statesDocument(): string {
  const rows = SWAP_STATES.map((state) => {
    const { meaning, on, timeout }: SwapRow = SWAP_TABLE[state];
    const exits = Object.entries(on).map(([event, to]) => `${event} → ${to}`);
    return `| \`${state}\` | ${meaning} | ${exits.join('; ') || 'none'} | ${timeout ?? 'none: final'} |`;
  });
  return `# States of a swap

<!-- Written by protocol/scripts/write-documents.ts from protocol/src/swap-state.ts; change it there. -->

"Long" is the leg that is locked first and stays open longest (Fabric in fabric-first, Ethereum in ethereum-first), "short" the other.
Every event but \`secretRevealed\` is a final fact of a ledger.

\`\`\`mermaid
${swapDiagram()}
\`\`\`

| state | means | leaves it | when nobody acts |
|---|---|---|---|
${rows.join('\n')}
`;
}
