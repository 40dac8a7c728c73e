import { noCrash, type CrashPort } from './crash-points.ts';

/**
 * For crash tests of real processes: `<id>` or `<id>#<n>` kills this process with SIGKILL at the n-th passage (default 1)
 * through that point. Unset, as in production, it does nothing.
 */
export function crashSwitch(at: string | undefined): CrashPort {
  if (at === undefined || at === '') return noCrash;
  const [id, count = '1'] = at.split('#');
  let left = Number(count);
  return (passed) => {
    if (passed !== id) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
}
