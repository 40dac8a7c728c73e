import { readFileSync } from 'node:fs';
import { Client, credentials } from '@grpc/grpc-js';
import { CommitError, connect } from '@hyperledger/fabric-gateway';
import type { FabricIdentity } from '@midlock/ledgers';
import type { FabricDescription } from '@midlock/network';

/** The token as its operator's own applications use it: by Fabric's gateway client, with nothing of Midlock. */
export interface TokenClient {
  submit(transaction: string, ...args: readonly string[]): Promise<string>;
  evaluate(transaction: string, ...args: readonly string[]): Promise<string>;
  /** The caller's own id, under which the token keeps its balance. */
  id(): Promise<string>;
  balance(): Promise<bigint>;
  close(): void;
}

export function connectToken(
  { channel, chaincode, organizations }: FabricDescription,
  identity: FabricIdentity,
): TokenClient {
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
  const contract = gateway.getNetwork(channel).getContract(chaincode, 'token');
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

  async function submit(transaction: string, ...args: readonly string[]): Promise<string> {
    for (;;) {
      try {
        return text(await contract.submitTransaction(transaction, ...args));
      } catch (error) {
        // Balances are shared rows: whoever comes second in a block tries again, as with any such token.
        if (!(error instanceof CommitError) || error.code !== MVCC_READ_CONFLICT) throw error;
      }
    }
  }
  const evaluate = async (transaction: string, ...args: readonly string[]): Promise<string> =>
    text(await contract.evaluateTransaction(transaction, ...args));
  const id = (): Promise<string> => evaluate('ClientAccountID');
  return {
    submit,
    evaluate,
    id,
    balance: async () => BigInt(await evaluate('BalanceOf', await id())),
    close() {
      gateway.close();
      client.close();
    },
  };
}

const MVCC_READ_CONFLICT = 11;
