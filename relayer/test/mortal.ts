import type { RunningProcess } from '@midlock/network';
import type { PartyName, ProcessRig } from './rig.ts';

export type MortalName = PartyName | 'relayer';

/** A process that dies at one crash point and comes back without it. */
export interface Mortal {
  /** Stops whatever runs now; says by which signal the first process ended, or 'alive' when it never did. */
  stop(): Promise<string>;
}

/** Starts a process of the rig with its crash switch set to `at` (`<id>` or `<id>#<n>`). */
export async function mortal(rig: ProcessRig, name: MortalName, at: string): Promise<Mortal> {
  const start = async (environment: Readonly<Record<string, string>>): Promise<RunningProcess> =>
    name === 'relayer'
      ? (await rig.startRelayer(environment)).process
      : rig.startAgent(name, environment);
  let current = await start({ MIDLOCK_CRASH_AT: at });
  let end = 'alive';
  let stopping = false;
  const reborn = current.exited.then(async ({ code, signal }) => {
    if (stopping) return;
    end = signal ?? `exit ${String(code)}`;
    current = await start({});
  });
  return {
    async stop() {
      stopping = true;
      if (end === 'alive') await current.stop();
      await reborn;
      await current.stop();
      return end;
    },
  };
}
