// The compiled chaincode as a server whose clock stands still: milliseconds since 1970 in the file DIFFERENTIAL_CLOCK_FILE.
// A process of its own, since the shim's protobuf classes and a client's cannot live in one.
'use strict';
const { readFileSync } = require('node:fs');
const { midlockContracts } = require('../../../chaincode/dist/contracts.js');
const { serve } = require('../../../chaincode/dist/serve.js');

const clock = { nowMs: () => BigInt(readFileSync(process.env.DIFFERENTIAL_CLOCK_FILE, 'utf8')) };
const mspId = process.env.CORE_PEER_LOCALMSPID;
void serve(midlockContracts({ clock, mspId }), process.env);
