import { agreed } from './agreed.ts';
import type { Hooks, InvariantContext, InvariantMaker, InvariantName } from './invariant.ts';
import { domain, parameters, time } from './ledger-rules.ts';
import { conservation, oneEnd, payee } from './money.ts';
import { atomicity, ends, halted, lanes, processes } from './outcomes.ts';
import { recovery } from './recovery.ts';
import { noticed } from './reversal.ts';
import { atMostOnce, finality, lockRule, revealRule, secrecy, writeAhead } from './party-rules.ts';

const MAKERS: Readonly<Record<InvariantName, InvariantMaker>> = {
  conservation,
  'one-end': oneEnd,
  payee,
  atomicity,
  agreed,
  'lock-rule': lockRule,
  'reveal-rule': revealRule,
  'at-most-once': atMostOnce,
  'write-ahead': writeAhead,
  secrecy,
  finality,
  noticed,
  domain,
  time,
  parameters,
  recovery,
  ends,
  lanes,
  halted,
  processes,
};

/** All invariants but those that are switched off, as one set of hooks. */
export function createOracle(
  context: InvariantContext,
  without: ReadonlySet<InvariantName> = new Set(),
): Required<Hooks> {
  const all = (Object.entries(MAKERS) as [InvariantName, InvariantMaker][])
    .filter(([name]) => !without.has(name))
    .map(([, make]) => make(context));
  return {
    onCommit: (...args) => {
      for (const hooks of all) hooks.onCommit?.(...args);
    },
    onPrepare: (...args) => {
      for (const hooks of all) hooks.onPrepare?.(...args);
    },
    onSubmit: (...args) => {
      for (const hooks of all) hooks.onSubmit?.(...args);
    },
    onWire: (...args) => {
      for (const hooks of all) hooks.onWire?.(...args);
    },
    onEndorse: (...args) => {
      for (const hooks of all) hooks.onEndorse?.(...args);
    },
    onFabricBlock: (block) => {
      for (const hooks of all) hooks.onFabricBlock?.(block);
    },
    onEthereumBlock: (block) => {
      for (const hooks of all) hooks.onEthereumBlock?.(block);
    },
    onChange: () => {
      for (const hooks of all) hooks.onChange?.();
    },
    atEnd: async () => {
      for (const hooks of all) await hooks.atEnd?.();
    },
  };
}
