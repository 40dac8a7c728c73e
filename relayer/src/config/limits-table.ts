import { relayerLimits } from './relayer-schema.ts';

export const LIMITS_BEGIN = '<!-- limits: begin -->';
export const LIMITS_END = '<!-- limits: end -->';

/** The table of docs/operations.md: each bound with its default and what happens beyond it. */
function limitsTable(): string {
  const defaults: Readonly<Record<string, number>> = relayerLimits.parse({});
  const rows = Object.entries(relayerLimits.shape).map(
    ([name, { description = '' }]) =>
      `| \`${name}\` | ${String(defaults[name])} | ${description} |`,
  );
  return ['| `limits.…` | default | bounds |', '| --- | ---: | --- |', ...rows].join('\n');
}

/** The document with its table written anew. */
export function withLimitsTable(document: string): string {
  const [before = '', rest = ''] = document.split(LIMITS_BEGIN);
  const [, after = ''] = rest.split(LIMITS_END);
  return `${before}${LIMITS_BEGIN}\n\n${limitsTable()}\n\n${LIMITS_END}${after}`;
}
