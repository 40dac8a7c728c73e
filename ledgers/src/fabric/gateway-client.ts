import { Client, type ServiceError } from '@grpc/grpc-js';
import { gateway, google } from '@hyperledger/fabric-protos';
import { boundProtobufReads } from './protobuf-bounds.ts';

boundProtobufReads();

const DETAILS = 'grpc-status-details-bin';

type Callback = (error: ServiceError | null, value?: unknown) => void;

/**
 * A gRPC client for fabric-gateway, which decodes the details of a refusal inside gRPC's callback: details that do not
 * decode would be thrown where nobody catches and end the process. Here they are taken away first.
 */
export class GatewayClient extends Client {
  constructor(...args: ConstructorParameters<typeof Client>) {
    super(...args);
    const request = this.makeUnaryRequest.bind(this) as (...args: readonly unknown[]) => unknown;
    this.makeUnaryRequest = ((...call: readonly unknown[]) => {
      const callback = call.at(-1) as Callback;
      const checked: Callback = (error, value) => {
        if (error !== null) dropMalformedDetails(error);
        callback(error, value);
      };
      return request(...call.slice(0, -1), checked);
    }) as Client['makeUnaryRequest'];
  }
}

function dropMalformedDetails({ metadata }: ServiceError): void {
  try {
    for (const value of metadata.get(DETAILS))
      for (const detail of google.rpc.Status.deserializeBinary(Buffer.from(value)).getDetailsList())
        gateway.ErrorDetail.deserializeBinary(detail.getValue_asU8());
  } catch {
    metadata.remove(DETAILS);
  }
}
