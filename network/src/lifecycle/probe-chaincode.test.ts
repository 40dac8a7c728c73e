import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { afterEach, expect, test } from 'vitest';
import { probeChaincode } from './probe-chaincode.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.forceShutdown();
});

type Stream = ServerDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;

async function serve(connect: (stream: Stream) => void): Promise<string> {
  const server = new Server();
  servers.push(server);
  server.addService(peer.ChaincodeService, { connect });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return `127.0.0.1:${port}`;
}

test('says under which id a server registers', async () => {
  const address = await serve((stream) => {
    const id = new peer.ChaincodeID();
    id.setName('midlock_1.1:abc');
    const message = new peer.ChaincodeMessage();
    message.setType(peer.ChaincodeMessage.Type.REGISTER);
    message.setPayload(id.serializeBinary());
    stream.write(message);
  });
  expect(await probeChaincode(address, undefined)).toEqual({
    kind: 'answers',
    packageId: 'midlock_1.1:abc',
  });
});

test('a server that says nothing, hangs up or is not there is silent', async () => {
  const mute = await serve(() => undefined);
  expect(await probeChaincode(mute, undefined, 100)).toMatchObject({ kind: 'silent' });
  const hasty = await serve((stream) => {
    stream.end();
  });
  expect(await probeChaincode(hasty, undefined)).toMatchObject({ kind: 'silent' });
  expect(await probeChaincode('127.0.0.1:1', undefined)).toMatchObject({ kind: 'silent' });
});
