'use strict';
// The neutral chaincode of the conformance suite: runs a list of operations and returns what each one gave.
const { Contract } = require('fabric-contract-api');
const { KeyEndorsementPolicy } = require('fabric-shim');
const { createHash } = require('node:crypto');

const text = (bytes) => Buffer.from(bytes ?? []).toString('utf8');
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const millis = (stamp) => Number(stamp.seconds) * 1000 + Math.floor(stamp.nanos / 1e6);

async function drain(iterator, limit = Infinity) {
  const rows = [];
  while (rows.length < limit) {
    const { value, done } = await iterator.next();
    if (value) rows.push(value.key === undefined ? value : [value.key, text(value.value)]);
    if (done) break;
  }
  await iterator.close();
  return rows;
}

async function page({ iterator, metadata }) {
  return { rows: await drain(iterator), metadata: metadata ?? null };
}

const OPERATIONS = {
  get: async (stub, key) => text(await stub.getState(key)),
  getAll: (stub, ...keys) => Promise.all(keys.map(async (key) => text(await stub.getState(key)))),
  put: (stub, key, value) => stub.putState(key, Buffer.from(value)),
  fill: (stub, key, size) => stub.putState(key, Buffer.alloc(size, 120)),
  bytes: (stub, size) => 'x'.repeat(size),
  del: (stub, key) => stub.deleteState(key),
  range: async (stub, start, end, limit) => drain(await stub.getStateByRange(start, end), limit),
  page: async (stub, start, end, size, bookmark) =>
    page(await stub.getStateByRangeWithPagination(start, end, size, bookmark)),
  composite: async (stub, type, attributes, value) =>
    stub.putState(stub.createCompositeKey(type, attributes), Buffer.from(value)),
  split: (stub, type, attributes) =>
    stub.splitCompositeKey(stub.createCompositeKey(type, attributes)),
  partial: async (stub, type, attributes) =>
    drain(await stub.getStateByPartialCompositeKey(type, attributes)),
  partialPage: async (stub, type, attributes, size, bookmark) =>
    page(await stub.getStateByPartialCompositeKeyWithPagination(type, attributes, size, bookmark)),
  query: async (stub, query) => drain(await stub.getQueryResult(query)),
  history: async (stub, key) =>
    (await drain(await stub.getHistoryForKey(key))).map((entry) => ({
      value: text(entry.value),
      isDelete: entry.isDelete ?? false,
      hasTxId: /^[0-9a-f]{64}$/.test(entry.txId),
    })),
  policySet: async (stub, key, role, ...mspIds) => {
    const policy = new KeyEndorsementPolicy();
    policy.addOrgs(role, ...mspIds);
    await stub.setStateValidationParameter(key, policy.getPolicy());
  },
  policyRaw: (stub, key, hex) => stub.setStateValidationParameter(key, Buffer.from(hex, 'hex')),
  policyGet: async (stub, key) =>
    Buffer.from((await stub.getStateValidationParameter(key)) ?? []).toString('hex'),
  privateGet: async (stub, collection, key) => text(await stub.getPrivateData(collection, key)),
  privateHash: async (stub, collection, key) =>
    Buffer.from(await stub.getPrivateDataHash(collection, key)).toString('hex'),
  privatePut: (stub, collection, key, value) =>
    stub.putPrivateData(collection, key, Buffer.from(value)),
  privateDel: (stub, collection, key) => stub.deletePrivateData(collection, key),
  privatePurge: (stub, collection, key) => stub.purgePrivateData(collection, key),
  privateRange: async (stub, collection, start, end) =>
    drain((await stub.getPrivateDataByRange(collection, start, end)).iterator),
  privatePolicySet: async (stub, collection, key, ...mspIds) => {
    const policy = new KeyEndorsementPolicy();
    policy.addOrgs('PEER', ...mspIds);
    await stub.setPrivateDataValidationParameter(collection, key, policy.getPolicy());
  },
  transientPut: (stub, collection, key, name) =>
    stub.putPrivateData(collection, key, stub.getTransient().get(name)),
  transient: (stub) => [...stub.getTransient()].map(([name, value]) => [name, text(value)]).sort(),
  event: (stub, name, payload) => stub.setEvent(name, Buffer.from(payload)),
  call: async (stub, chaincode, operations, channel) => {
    const answer = await stub.invokeChaincode(
      chaincode,
      ['run', JSON.stringify(operations)],
      channel,
    );
    return { status: answer.status, message: answer.message, payload: text(answer.payload) };
  },
  raise: (stub, message) => {
    throw new Error(message);
  },
  sleep: (stub, timeMs) => new Promise((resolve) => setTimeout(resolve, timeMs)),
  exit: () => process.exit(7),
  random: () => Math.random(),
  organization: () => process.env.CORE_PEER_LOCALMSPID,
  putOrganization: (stub, key) => stub.putState(key, Buffer.from(process.env.CORE_PEER_LOCALMSPID)),
  txId: (stub) => stub.getTxID(),
  channel: (stub) => stub.getChannelID(),
  mspId: (stub) => stub.getMspID(),
  time: (stub) => millis(stub.getTxTimestamp()),
  dateTime: (stub) => stub.getDateTimestamp().getTime(),
  args: (stub) => stub.getArgs().length,
  creator: (stub) => {
    const { mspid, idBytes } = stub.getCreator();
    return { mspid, pem: hash(idBytes) };
  },
  binding: (stub) => stub.getBinding(),
  proposal: (stub) => {
    const signed = stub.getSignedProposal();
    return { signature: hash(signed.signature), keys: Object.keys(signed).sort() };
  },
  identity: (stub, identity) => ({ id: identity.getID(), mspId: identity.getMSPID() }),
  attribute: (stub, identity, name) => identity.getAttributeValue(name),
};
const WITH_IDENTITY = new Set(['identity', 'attribute']);

async function run(context, [name, ...args]) {
  const { stub, clientIdentity } = context;
  if (name === 'try') {
    try {
      return { value: (await run(context, args[0])) ?? null };
    } catch (error) {
      return { error: error.message };
    }
  }
  if (name === 'both') return Promise.all(args.map((operation) => run(context, operation)));
  const operation = OPERATIONS[name];
  if (!operation) throw new Error(`no operation ${name}`);
  const result = await (WITH_IDENTITY.has(name)
    ? operation(stub, clientIdentity, ...args)
    : operation(stub, ...args));
  // Bytes that the shim's writes resolve to say nothing.
  return Buffer.isBuffer(result) ? null : result;
}

class Probe extends Contract {
  constructor() {
    super('probe');
  }

  /** Runs operations one after another. */
  async run(context, operations) {
    const results = [];
    for (const operation of JSON.parse(operations))
      results.push((await run(context, operation)) ?? null);
    return JSON.stringify(results);
  }

  async echo(context, value) {
    return value;
  }

  async nothing() {}

  async number() {
    return 42;
  }

  async buffer() {
    return Buffer.from([0, 1, 254, 255]);
  }

  async empty() {
    return '';
  }

  async one(context, first) {
    return first;
  }
}

module.exports.contracts = [Probe];
