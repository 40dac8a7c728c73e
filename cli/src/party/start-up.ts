import { partySecrets, refuseConfiguration, refuseNetworks } from '@midlock/client';
import type { OpenParty } from './open-party.ts';

/** What a command does: enters into something new, or finishes what stands on a ledger. */
export type Deed = 'enter' | 'finish';

/**
 * Holds a party against client's REFUSALS before a command acts in its name. What is seen in the networks is only told to
 * whoever finishes a swap: to stand by while a deadline passes would lose more than it saves.
 * @throws {MidlockError} the code of the row.
 */
export async function refuseUnfit(
  { config, profile, accounts, fabric, ethereum }: OpenParty,
  deed: Deed,
  tell: (line: string) => void,
): Promise<void> {
  await refuseConfiguration({
    secretFiles: partySecrets(config),
    chainId: config.ethereum.chainId,
    ethereumAddress: accounts.ethereum,
  });
  const { endorsements } = config.fabric;
  await refuseNetworks({ fabric, ethereum, profile, endorsements }, deed === 'finish', {
    warn: (_what, { error, next } = {}) => {
      tell(`warning: ${String(error)}: ${String(next)}`);
    },
  });
}
