import type { LegFact } from '@midlock/protocol';

/** Live progress of the demo: steps as they begin, facts as they stand in blocks. */
export interface DemoProgress {
  step(text: string): void;
  fact(title: string, fact: LegFact): void;
}

const LEDGER = { fabric: 'Fabric  ', ethereum: 'Ethereum' } as const;

/** Plain lines with seconds since the start, for terminals and logs alike. */
export function createProgress(write: (line: string) => void): DemoProgress {
  const startedAt = performance.now();
  const stamp = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`;
  return {
    step: (text) => {
      write(`${stamp()}  ${text}`);
    },
    fact: (title, fact) => {
      write(
        `${stamp()}    ${LEDGER[fact.ledger]}  ${fact.kind.padEnd(9)} ${title}  (block ${String(fact.at.height)}, ${fact.at.txId.slice(0, 14)}…)`,
      );
    },
  };
}
