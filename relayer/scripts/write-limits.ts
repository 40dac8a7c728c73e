import { readFileSync, writeFileSync } from 'node:fs';
import { withLimitsTable } from '../src/config/limits-table.ts';

const path = new URL('../../docs/operations.md', import.meta.url);
writeFileSync(path, withLimitsTable(readFileSync(path, 'utf8')));
