import { credentials } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import type { ChaincodeTls } from './chaincode-package.ts';

/** What a look at a chaincode server showed. */
export type ChaincodeProbe =
  | { readonly kind: 'answers'; readonly packageId: string }
  | { readonly kind: 'silent'; readonly reason: string };

/**
 * Connects to a chaincode server as a peer does, reads under which package id it registers, and hangs up. A server
 * that only its peer can reach, by name or by network, is silent here.
 */
export function probeChaincode(
  address: string,
  tls: ChaincodeTls | undefined,
  timeoutMs = 2_000,
): Promise<ChaincodeProbe> {
  const client = new peer.ChaincodeClient(
    address,
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(Buffer.from(tls.rootCertPem)),
  );
  const stream = client.connect();
  return new Promise((resolve) => {
    const finish = (probe: ChaincodeProbe): void => {
      clearTimeout(timer);
      stream.cancel();
      client.close();
      resolve(probe);
    };
    const timer = setTimeout(() => {
      finish({ kind: 'silent', reason: `no answer within ${timeoutMs} ms` });
    }, timeoutMs);
    stream.on('data', (message: peer.ChaincodeMessage) => {
      if (message.getType() !== peer.ChaincodeMessage.Type.REGISTER) return;
      const id = peer.ChaincodeID.deserializeBinary(message.getPayload_asU8());
      finish({ kind: 'answers', packageId: id.getName() });
    });
    stream.on('error', ({ message }: Error) => {
      finish({ kind: 'silent', reason: message });
    });
    stream.on('end', () => {
      finish({ kind: 'silent', reason: 'hung up' });
    });
  });
}
