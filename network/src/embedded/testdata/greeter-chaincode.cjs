// A chaincode that has nothing to do with Midlock: tells which organisation and process it runs for.
const { Contract } = require('fabric-contract-api');
const { Shim } = require('fabric-shim');
const ChaincodeFromContract = require('fabric-shim/lib/contract-spi/chaincodefromcontract');
const { JSONSerializer } = require('fabric-contract-api');

class Greeter extends Contract {
  constructor() {
    super('greeter');
  }

  async who() {
    return `${process.env.CORE_PEER_LOCALMSPID} ${process.pid}`;
  }
}

const serializers = { transaction: 'json', serializers: { json: JSONSerializer } };
void Shim.server(new ChaincodeFromContract([Greeter], serializers, {}, 'greeter', '1'), {
  ccid: process.env.CHAINCODE_ID,
  address: process.env.CHAINCODE_SERVER_ADDRESS,
}).start();
