import { readFileSync, writeFileSync } from 'node:fs';
import { withRefusals } from './refusals.ts';

const file = new URL('../../docs/operations.md', import.meta.url);
writeFileSync(file, withRefusals(readFileSync(file, 'utf8')));
