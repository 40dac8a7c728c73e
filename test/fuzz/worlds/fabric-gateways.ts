import { Client, Metadata } from '@grpc/grpc-js';
import { common, gateway as gatewayProtos, orderer, peer } from '@hyperledger/fabric-protos';
import { createRandom } from '../../simulation/random.ts';
import { mutateProtobuf } from '../mutate/protobuf.ts';
import { ORGANIZATIONS, callOf, endorse, evaluate, type FabricChain } from './fabric-chain.ts';
import { amountIn, applyLie, liesAbout, type Lie } from './lies.ts';
import type { VirtualTime } from './virtual-time.ts';

type Message = { serializeBinary(): Uint8Array };
type Callback = (error: Error | null, value?: unknown) => void;

/** In the place of gRPC: the first organisation's gateway lies, the others do not. Methods of the lies are names of calls. */
export function answerCalls(
  chain: FabricChain,
  lies: readonly Lie[],
  time: VirtualTime,
): () => void {
  const names = ['makeUnaryRequest', 'makeBidiStreamRequest'] as const;
  const real = names.map((name) => Object.getOwnPropertyDescriptor(Client.prototype, name));
  const counts = new Map<string, number>();
  let kept: Uint8Array | undefined;

  function about(name: string, isLiar: boolean): readonly Lie[] {
    if (!isLiar) return [];
    const nth = counts.get(name) ?? 0;
    counts.set(name, nth + 1);
    return liesAbout(lies, name, nth);
  }

  function respond(path: string, bytes: Uint8Array, mspId: string): Uint8Array | Refusal {
    const isLiar = mspId === ORGANIZATIONS[0];
    if (path.endsWith('/Submit')) {
      const request = gatewayProtos.SubmitRequest.deserializeBinary(bytes);
      const lied = about('submit', isLiar);
      if (lied.length === 0)
        chain.submit(request.getPreparedTransaction() ?? new common.Envelope());
      return changed(new gatewayProtos.SubmitResponse().serializeBinary(), lied);
    }
    if (path.endsWith('/Endorse')) {
      const request = gatewayProtos.EndorseRequest.deserializeBinary(bytes);
      const { proposal } = callOf(request);
      const lied = about('endorse', isLiar);
      const stale = lied.some(({ how }) => how === 'stale') ? kept : undefined;
      kept = proposal;
      const response = new gatewayProtos.EndorseResponse();
      response.setPreparedTransaction(
        endorse(stale ?? proposal, request.getEndorsingOrganizationsList()),
      );
      return changed(response.serializeBinary(), lied);
    }
    const { args } = callOf(gatewayProtos.EvaluateRequest.deserializeBinary(bytes));
    const lied = about(args[0] ?? '', isLiar);
    const answer = evaluate(chain, mspId, args, time.nowMs());
    if (answer === undefined && lied.length === 0)
      return new Refusal(2, args[0] === 'mid-account:get' ? 'LOCK_UNKNOWN: none {}' : 'not found');
    const payload = changed(answer ?? new Uint8Array(), lied);
    if (payload instanceof Refusal) return payload;
    const response = new gatewayProtos.EvaluateResponse();
    const inner = new peer.Response();
    inner.setPayload(payload);
    response.setResult(inner);
    return response.serializeBinary();
  }

  Client.prototype.makeUnaryRequest = function (this: Client, ...call: readonly unknown[]) {
    const [path, serialize, deserialize, request] = call as [
      string,
      (message: unknown) => Uint8Array,
      (bytes: Buffer) => unknown,
      Message,
    ];
    const callback = call.at(-1) as Callback;
    time.touch();
    const answer = respond(path, serialize(request), mspOf(this));
    // As gRPC does it: what does not decode becomes a status.
    setTimeout(() => {
      if (answer instanceof Refusal) callback(answer.asError());
      else {
        let value: unknown;
        try {
          value = deserialize(Buffer.from(answer));
        } catch {
          callback(new Refusal(13, 'Response message parsing error').asError());
          return;
        }
        callback(null, value);
      }
    }, 1);
    return {} as never;
  };

  Client.prototype.makeBidiStreamRequest = function (this: Client, ...call: readonly unknown[]) {
    const deserialize = call[2] as (bytes: Buffer) => unknown;
    return streamOf(chain, deserialize, (bytes) =>
      changed(bytes, about('deliver', mspOf(this) === ORGANIZATIONS[0])),
    );
  } as never;

  return () => {
    for (const [i, name] of names.entries())
      Object.defineProperty(Client.prototype, name, real[i] ?? {});
  };
}

/** Addresses are organisations: port 1001 is the first. */
function mspOf(client: Client): string {
  const port = /:(\d+)$/.exec(client.getChannel().getTarget())?.[1];
  return ORGANIZATIONS[Number(port) - 1001] ?? '';
}

class Refusal {
  readonly code: number;
  readonly message: string;
  readonly details: Uint8Array | undefined;

  constructor(code: number, message: string, details?: Uint8Array) {
    this.code = code;
    this.message = message;
    this.details = details;
  }

  asError(): Error {
    const metadata = new Metadata();
    if (this.details !== undefined)
      metadata.set('grpc-status-details-bin', Buffer.from(this.details));
    const { code, message } = this;
    return Object.assign(new Error(message), { code, details: message, metadata });
  }
}

/** The bytes of an answer after the lies: members of JSON, fields of protobuf, plain bytes, or an error in their place. */
function changed(bytes: Uint8Array, lies: readonly Lie[]): Uint8Array | Refusal {
  let result = bytes;
  for (const lie of lies) {
    if (lie.how === 'refuse')
      return new Refusal(
        amountIn(lie.what) % 17,
        MESSAGES[amountIn(lie.path[0]) % MESSAGES.length] ?? '',
      );
    if (lie.how === 'details')
      return new Refusal(
        10,
        'no',
        Buffer.from(typeof lie.what === 'string' ? lie.what : '', 'hex'),
      );
    if (lie.how === 'cut') result = result.slice(0, amountIn(lie.what));
    else if (lie.how === 'field') result = mutated(result, amountIn(lie.what));
    else if (lie.how === 'body') result = Buffer.from(JSON.stringify(lie.what ?? null));
    else result = changedJson(result, lie);
  }
  return result;
}

const MESSAGES = [
  'LOCK_UNKNOWN: none {}',
  'CLAIM_TOO_LATE: late {"timeSec":"5"}',
  'STAMP_OUTSIDE_WINDOW: no {}',
  'NOT_INITIALIZED: no {}',
  'failed to find any endorsing peers for org(s): Org2MSP',
  'request already processed',
  'no such transaction ID',
];

function mutated(bytes: Uint8Array, seed: number): Uint8Array {
  const random = createRandom(String(seed));
  const pieces = { other: bytes, dictionary: [Buffer.from('midlock')], random };
  return mutateProtobuf(bytes, pieces) ?? bytes;
}

function changedJson(bytes: Uint8Array, lie: Lie): Uint8Array {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString());
    return Buffer.from(JSON.stringify(applyLie(value, lie, PIECES) ?? null));
  } catch {
    return bytes;
  }
}

const PIECES = [
  null,
  '0',
  '-1',
  `0x${'ab'.repeat(32)}`,
  'claimed',
  'refunded',
  [],
  {},
  '9'.repeat(80),
];

/** A Deliver stream that gives every block once it is asked and then stays open until it is cancelled. */
function streamOf(
  chain: FabricChain,
  deserialize: (bytes: Buffer) => unknown,
  lied: (bytes: Uint8Array) => Uint8Array | Refusal,
): unknown {
  let wake = (): void => undefined;
  let [next, cancelled] = [-1, false];
  return {
    write: (envelope: common.Envelope) => {
      next = startOf(envelope);
      wake();
    },
    cancel: () => {
      cancelled = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        if (cancelled) throw new Refusal(1, 'Cancelled on client').asError();
        const block = next < 0 ? undefined : chain.blocks[next];
        if (block === undefined) {
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        next += 1;
        const response = new peer.DeliverResponse();
        response.setBlock(block);
        const answer = lied(response.serializeBinary());
        if (answer instanceof Refusal) throw answer.asError();
        let value: unknown;
        try {
          value = deserialize(Buffer.from(answer));
        } catch {
          throw new Refusal(13, 'Response message parsing error').asError();
        }
        yield value;
      }
    },
  };
}

function startOf(envelope: common.Envelope): number {
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const seek = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
  return seek.getStart()?.getSpecified()?.getNumber() ?? 0;
}
