'use strict';
// A gateway application as tutorials have it: all that it knows of the network comes by the environment variables and
// the folder layout of fabric-samples' test network.
const { createPrivateKey } = require('node:crypto');
const { promises: fs } = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const { connect, hash, signers } = require('@hyperledger/fabric-gateway');

const setting = (name, otherwise) => process.env[name] || otherwise;
const channelName = setting('CHANNEL_NAME', 'mychannel');
const chaincodeName = setting('CHAINCODE_NAME', 'basic');
const mspId = setting('MSP_ID', 'Org1MSP');
const cryptoPath = setting('CRYPTO_PATH', 'organizations/peerOrganizations/org1.example.com');
const user = path.join(cryptoPath, 'users', `User1@${path.basename(cryptoPath)}`, 'msp');
const keyDirectoryPath = setting('KEY_DIRECTORY_PATH', path.join(user, 'keystore'));
const certDirectoryPath = setting('CERT_DIRECTORY_PATH', path.join(user, 'signcerts'));
const peerHostAlias = setting('PEER_HOST_ALIAS', `peer0.${path.basename(cryptoPath)}`);
const tlsCertPath = setting(
  'TLS_CERT_PATH',
  path.join(cryptoPath, 'peers', peerHostAlias, 'tls', 'ca.crt'),
);
const peerEndpoint = setting('PEER_ENDPOINT', 'localhost:7051');

const utf8 = new TextDecoder();
const show = (label, bytes) => console.log(`${label}: ${utf8.decode(bytes)}`);

async function onlyFileOf(directory) {
  const [name] = await fs.readdir(directory);
  return fs.readFile(path.join(directory, name));
}

async function main() {
  const client = new grpc.Client(
    peerEndpoint,
    grpc.credentials.createSsl(await fs.readFile(tlsCertPath)),
    { 'grpc.ssl_target_name_override': peerHostAlias },
  );
  const gateway = connect({
    client,
    identity: { mspId, credentials: await onlyFileOf(certDirectoryPath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(await onlyFileOf(keyDirectoryPath))),
    hash: hash.sha256,
    evaluateOptions: () => ({ deadline: Date.now() + 5000 }),
    endorseOptions: () => ({ deadline: Date.now() + 15000 }),
    submitOptions: () => ({ deadline: Date.now() + 5000 }),
    commitStatusOptions: () => ({ deadline: Date.now() + 60000 }),
  });
  try {
    await run(gateway.getNetwork(channelName));
  } finally {
    gateway.close();
    client.close();
  }
}

async function run(network) {
  const contract = network.getContract(chaincodeName);
  await contract.submitTransaction('InitLedger');
  show('all', await contract.evaluateTransaction('GetAllAssets'));

  const created = await contract.submitAsync('CreateAsset', {
    arguments: ['asset4', 'yellow', '5', 'Tom', '1300'],
  });
  const { blockNumber } = await created.getStatus();
  const transfer = await contract.submitAsync('TransferAsset', {
    arguments: ['asset4', 'Saptha'],
  });
  console.log(`transferred from ${utf8.decode(transfer.getResult())}`);
  const status = await transfer.getStatus();
  if (!status.successful) throw new Error(`failed with ${status.code}`);
  show('one', await contract.evaluateTransaction('ReadAsset', 'asset4'));

  try {
    await contract.submitTransaction('UpdateAsset', 'asset70', 'blue', '5', 'Tomoko', '300');
  } catch (error) {
    console.log(`${error.name} ${error.code}: ${error.details.map(({ message }) => message)}`);
  }
  try {
    await contract.submitTransaction('CreateAsset', 'asset4', 'red', '1', 'Eve', '1');
  } catch (error) {
    console.log(`${error.name} ${error.code}: ${error.details.map(({ message }) => message)}`);
  }
  await contract.submitTransaction('DeleteAsset', 'asset4');
  show('exists', await contract.evaluateTransaction('AssetExists', 'asset4'));

  // Replay from the block of the first event.
  const events = await network.getChaincodeEvents(chaincodeName, { startBlock: blockNumber });
  try {
    for await (const { eventName, payload } of events) {
      console.log(`event ${eventName}: ${utf8.decode(payload)}`);
      if (eventName === 'DeleteAsset') break;
    }
  } finally {
    events.close();
  }
}

main().catch((error) => {
  console.error('the application failed:', error);
  process.exitCode = 1;
});
