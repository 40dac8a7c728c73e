import type { ConformanceCase } from '../suite.ts';
import { concurrencyCases } from './concurrency.ts';
import { eventCases } from './events.ts';
import { executionCases } from './execution.ts';
import { gatewayCases } from './gateway.ts';
import { ledgerCases } from './ledger.ts';
import { policyCases } from './policies.ts';
import { privateDataCases } from './private-data.ts';
import { rangeCases } from './ranges.ts';
import { readWriteSetCases } from './read-write-sets.ts';

/** Every case, in the order in which a run takes them. */
export const ALL_CASES: readonly ConformanceCase[] = [
  ...executionCases,
  ...rangeCases,
  ...readWriteSetCases,
  ...concurrencyCases,
  ...policyCases,
  ...privateDataCases,
  ...gatewayCases,
  ...eventCases,
  ...ledgerCases,
];
