import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMidlockError } from '@midlock/protocol';
import { openSession } from '../../core/session.ts';
import { createRig } from '../../testing/rig.ts';
import { openSqliteStore } from '../sqlite-store.ts';

/** A process for tests: commits sessions until the disk refuses, then prints how many were confirmed and the error's code. */
const path = process.argv[2] ?? '';
const LIMIT = 5_000;
const NOBODY = 65_534;

if (process.env['MIDLOCK_READ_ONLY'] === '1') {
  mkdirSync(dirname(path), { recursive: true });
  chmodSync(dirname(path), 0o555);
  // Root may write everywhere; nobody may not.
  if (process.getuid?.() === 0) process.setuid?.(NOBODY);
}

const rig = createRig();
let committed = 0;
let code = 'none';
try {
  const store = openSqliteStore(path);
  const epoch = await store.acquireEpoch();
  while (committed < LIMIT) {
    const session = openSession({
      terms: rig.terms('fabric-first', committed + 1),
      role: 'responder',
      profile: rig.profile,
      nowSec: 5n,
      accepted: true,
    });
    await store.commit({
      epoch,
      sessions: [{ session, expectedVersion: 0, open: true }],
      journal: [{ atMs: 1n, swapId: session.swapId, kind: 'test', data: {} }],
    });
    committed += 1;
  }
} catch (error) {
  code = isMidlockError(error) ? error.code : String(error);
}
process.stdout.write(`${JSON.stringify({ committed, code })}\n`);
// The file is left as it is: nothing is folded back, as after a kill.
process.kill(process.pid, 'SIGKILL');
