import * as grpc from '@grpc/grpc-js';
import type { gateway } from '@hyperledger/fabric-protos';
import { chaincodeEvents } from './chaincode-events.ts';
import { commitStatus } from './commit-status.ts';
import type { EventCall, GatewayContext } from './context.ts';
import { endorse } from './endorse.ts';
import { evaluate } from './evaluate.ts';
import { gatewayError } from './status.ts';
import { submit } from './submit.ts';

const { status } = grpc;
type UnaryCall<Q, R> = grpc.ServerUnaryCall<Q, R>;

/** The gateway.Gateway service of one organisation's peer. */
export function gatewayService(context: GatewayContext): grpc.UntypedServiceImplementation {
  const unary =
    <Q, R>(handle: (request: Q, call: UnaryCall<Q, R>) => Promise<R> | R) =>
    (call: UnaryCall<Q, R>, done: grpc.sendUnaryData<R>) => {
      run(context, () => handle(call.request, call)).then(
        (answer) => {
          done(null, answer);
        },
        (error: unknown) => {
          done(toServiceError(error));
        },
      );
    };
  return {
    evaluate: unary((request: gateway.EvaluateRequest) => evaluate(context, request)),
    endorse: unary((request: gateway.EndorseRequest) => endorse(context, request)),
    submit: unary((request: gateway.SubmitRequest) => submit(context, request)),
    commitStatus: unary((request: gateway.SignedCommitStatusRequest, call) =>
      commitStatus(context, request, (stop) => {
        call.on('cancelled', stop);
      }),
    ),
    chaincodeEvents: (
      call: EventCall<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>,
    ) => {
      run(context, () => {
        chaincodeEvents(context, call);
      }).catch((error: unknown) => {
        call.emit('error', toServiceError(error));
      });
    },
  };
}

async function run<R>({ isUp, peer }: GatewayContext, handle: () => Promise<R> | R): Promise<R> {
  if (!isUp(peer))
    throw gatewayError(status.UNAVAILABLE, `devnode: ${peer.options.address} is down`);
  return handle();
}

function toServiceError(error: unknown): grpc.ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
    ? (error as grpc.ServiceError)
    : gatewayError(status.UNKNOWN, String(error));
}
