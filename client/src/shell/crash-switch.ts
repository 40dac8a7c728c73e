import { writeSync } from 'node:fs';
import { noCrash, type CrashPort } from './crash-points.ts';

/**
 * For crash tests of real processes: kills this process with SIGKILL at the n-th passage (default 1) through a point.
 * `at` names the point as `<id>` or `<id>#<n>`, or several with commas, of which the first to be reached kills; the last
 * line on standard error says which, and whose: `{"crash":"<id>#<n>","pid":<pid>}`. Unset, as in production, it does nothing.
 */
export function crashSwitch(at: string | undefined): CrashPort {
  if (at === undefined || at === '') return noCrash;
  const wanted = at.split(',').map((text) => {
    const [id = '', count = '1'] = text.split('#');
    return { text, id, left: Number(count) };
  });
  return (passed) => {
    for (const point of wanted) {
      if (point.id !== passed) continue;
      point.left -= 1;
      if (point.left !== 0) continue;
      writeSync(2, `${JSON.stringify({ crash: point.text, pid: process.pid })}\n`);
      process.kill(process.pid, 'SIGKILL');
    }
  };
}
