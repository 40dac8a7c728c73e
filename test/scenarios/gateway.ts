import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, type Contract } from '@hyperledger/fabric-gateway';
import type { FabricIdentity } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';

/** Fabric's own gateway client at the peer of an identity's organisation, without Midlock's adapter. */
export function openContract(
  { channel, chaincode, organizations }: FabricDescription,
  identity: FabricIdentity,
  contractName?: string,
): { readonly contract: Contract; readonly close: () => void } {
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
  return {
    contract: gateway.getNetwork(channel).getContract(chaincode, contractName),
    close() {
      gateway.close();
      client.close();
    },
  };
}
