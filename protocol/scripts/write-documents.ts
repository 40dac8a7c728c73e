// Writes the generated documents: node --conditions=source protocol/scripts/write-documents.ts
import { writeFileSync } from 'node:fs';
import { errorsDocument, statesDocument } from './documents.ts';

writeFileSync(new URL('../../docs/errors.md', import.meta.url), errorsDocument());
writeFileSync(new URL('../../docs/swap-states.md', import.meta.url), statesDocument());
