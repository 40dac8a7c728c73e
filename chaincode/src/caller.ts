import { X509Certificate } from 'node:crypto';
import type { Context } from 'fabric-contract-api';
import { fabricAccount, type FabricAccount } from '@midlock/protocol';

/** Who sent the transaction. */
export interface Caller {
  readonly account: FabricAccount;
  /** True for an administrator of the organisation: organisational unit `admin`, as Fabric's own NodeOUs have it. */
  readonly isAdmin: boolean;
}

/** Reads the caller from the creator's certificate. The peer has verified it; a renewed certificate gives the same account. */
export function callerOf(stub: Context['stub']): Caller {
  const { mspid, idBytes } = stub.getCreator();
  const certificate = new X509Certificate(idBytes);
  const publicKey = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return {
    account: fabricAccount(mspid, publicKey),
    isAdmin: certificate.subject.split('\n').includes('OU=admin'),
  };
}
