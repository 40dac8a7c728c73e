import { EndorseError } from '@hyperledger/fabric-gateway';
import type { FabricIdentity } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';
import { openContract } from './gateway.ts';

/** Asks both parties' organisations to endorse a call, without Midlock's adapter. Throws an Error with what endorsers said. */
export async function endorsedByBoth(
  fabric: FabricDescription,
  identity: FabricIdentity,
  transaction: string,
  args: readonly string[],
): Promise<void> {
  const { contract, close } = openContract(fabric, identity);
  try {
    const proposal = contract.newProposal(transaction, {
      arguments: [...args],
      endorsingOrganizations: ['Org1MSP', 'Org2MSP'],
    });
    await proposal.endorse();
  } catch (error) {
    if (!(error instanceof EndorseError)) throw error;
    const details = error.details.map(({ mspId, message }) => `${mspId}: ${message}`);
    throw new Error(`${error.message} ${details.join('; ')}`, { cause: error });
  } finally {
    close();
  }
}
