import { removedChecks } from '../src/internal/check.ts';

const id = process.env['MIDLOCK_REMOVED_CHECK'];
if (id !== undefined) removedChecks.add(id);
