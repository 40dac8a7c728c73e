import { msp } from '@hyperledger/fabric-protos';

/** The octets by which Fabric names a signer: a `msp.SerializedIdentity` of MSP id and PEM certificate. */
export function serializeIdentity(mspId: string, certificatePem: string): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(certificatePem));
  return identity.serializeBinary();
}
