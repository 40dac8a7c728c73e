// A neutral chaincode for measuring: put(key, value), get(key). Unmodified fabric-shim.
'use strict';
const shim = require('fabric-shim');

const chaincode = {
  async Init() {
    return shim.success();
  },
  async Invoke(stub) {
    const { fcn, params } = stub.getFunctionAndParameters();
    if (fcn === 'put') {
      await stub.putState(params[0], Buffer.from(params[1]));
      return shim.success();
    }
    return shim.success(await stub.getState(params[0]));
  },
};

const server = shim.server(chaincode, {
  ccid: process.env.CHAINCODE_ID,
  address: process.env.CHAINCODE_SERVER_ADDRESS,
});
server.start();
process.on('SIGTERM', () => process.exit(0));
