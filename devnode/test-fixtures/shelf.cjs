'use strict';
// A neutral chaincode for devnode's own tests.
const { Contract } = require('fabric-contract-api');

class Shelf extends Contract {
  async put(context, key, value) {
    await context.stub.putState(key, Buffer.from(value));
    context.stub.setEvent('put', Buffer.from(key));
  }

  async get(context, key) {
    return (await context.stub.getState(key)).toString();
  }

  async add(context, key, amount) {
    const before = Number((await context.stub.getState(key)).toString() || '0');
    await context.stub.putState(key, Buffer.from(String(before + Number(amount))));
  }

  async organization() {
    return process.env.CORE_PEER_LOCALMSPID;
  }
}

module.exports.contracts = [Shelf];
