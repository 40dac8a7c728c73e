import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { EndorseError, connect } from '@hyperledger/fabric-gateway';
import type { FabricIdentity } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';

/** Asks both parties' organisations to endorse a call, without Midlock's adapter. Throws an Error with what endorsers said. */
export async function endorsedByBoth(
  { channel, chaincode, organizations }: FabricDescription,
  identity: FabricIdentity,
  transaction: string,
  args: readonly string[],
): Promise<void> {
  const organization = organizations[identity.mspId];
  if (organization === undefined) throw new Error(`no organisation ${identity.mspId}`);
  const tls = credentials.createSsl(readFileSync(organization.tlsCaCertPath));
  const client = new Client(organization.gateway, tls, {
    'grpc.ssl_target_name_override': organization.tlsServerName,
  });
  const gateway = connect({
    client,
    identity: { mspId: identity.mspId, credentials: Buffer.from(identity.certificate) },
    signer: (digest) => identity.signer.sign(digest),
  });
  try {
    const proposal = gateway
      .getNetwork(channel)
      .getContract(chaincode)
      .newProposal(transaction, {
        arguments: [...args],
        endorsingOrganizations: ['Org1MSP', 'Org2MSP'],
      });
    await proposal.endorse();
  } catch (error) {
    if (!(error instanceof EndorseError)) throw error;
    const details = error.details.map(({ mspId, message }) => `${mspId}: ${message}`);
    throw new Error(`${error.message} ${details.join('; ')}`, { cause: error });
  } finally {
    gateway.close();
    client.close();
  }
}
