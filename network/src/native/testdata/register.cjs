'use strict';
// A chaincode for tests that has nothing to do with Midlock: keeps values under keys.
const shim = require('fabric-shim');

class Register {
  async Init() {
    return shim.success();
  }

  async Invoke(stub) {
    const { fcn, params } = stub.getFunctionAndParameters();
    if (fcn === 'get') return shim.success(Buffer.from(await stub.getState(params[0])));
    if (fcn !== 'put') return shim.error(`unknown function ${fcn}`);
    await stub.putState(params[0], Buffer.from(params[1]));
    return shim.success(Buffer.from('ok'));
  }
}

shim
  .server(new Register(), {
    ccid: process.env.CHAINCODE_ID,
    address: process.env.CHAINCODE_SERVER_ADDRESS,
  })
  .start();
