import { agentProcess, runProcess } from '@midlock/client';
import { loadPartyConfig } from '../party/open-party.ts';

/** `midlock agent start`: runs a party's swaps until SIGTERM. Prints one JSON line when it is ready. */
export function agentCommand(configFile: string | undefined): Promise<void> {
  return runProcess((signal, ready) =>
    agentProcess(loadPartyConfig(configFile), process.env)(signal, ready),
  );
}
