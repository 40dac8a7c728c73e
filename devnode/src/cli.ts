#!/usr/bin/env node
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { createDevnode } from './devnode.ts';
import { DevnodeError } from './devnode-error.ts';
import { readConfig } from './read-config.ts';

const HELP = `Usage: devnode start --config <file.json>

Starts an embedded Hyperledger Fabric, prints one JSON line on standard output when it is ready, and runs until SIGTERM
or SIGINT.

The ready line: {"ready":true,"version","channel","organizations":{"<mspId>":{"gateway":"host:port","tlsServerName",
  "tlsCaCertPath","mspDir","users":{"<name>":{"certPath","keyPath"}},"peers":{"<name>":{"gateway","tlsServerName"}}}},
  "admin":"http://..."}

The file:
{
  "channel": "dev",
  "organizations": [{ "mspId": "Org1MSP", "domain": "org1.example.com", "peers": 1, "users": ["User1"],
                      "attributes": { "User1": { "role": "clerk" } } }],
  "chaincodes": [{
    "name": "notes", "version": "1", "sequence": 1,
    "endorsementPolicy": "OutOf(1,'Org1MSP.peer')",
    "endpoints": { "Org1MSP": { "address": "127.0.0.1:9999", "packageId": "notes_1:dev", "tlsRootCert": "<PEM>" } },
    "collections": [{ "name", "policy", "requiredPeerCount", "maxPeerCount", "blockToLive", "memberOnlyRead",
                      "memberOnlyWrite", "endorsementPolicy" }]
  }],
  "ports": { "Org1MSP": 7051, "Org1MSP/peer1": 7052, "admin": 0 },
  "profile": "3.x", "consensus": "raft", "batch": { "timeoutMs": 100, "maxMessages": 10, "preferredMaxBytes": 524288 },
  "materialDir": "...", "dataDir": "...", "executeTimeoutMs": 30000, "admin": true
}
An endpoint "register" instead of an address: the chaincode dials the node. Ports that are 0 or absent: any.
Without dataDir the ledger is in memory; without materialDir certificates and keys go with the process.

Consensus: whose signatures blocks carry, one orderer's (raft) or those of three of four (bft).
Profiles: 3.x (default) is compared with a recording of Fabric 3.1.5, 2.5 with one of Fabric 2.5.16.

Exit status: 0 after SIGTERM or SIGINT; 2 for a wrong command line; 3 when it could not start. The first word on standard
error is then the code: CONFIG_INVALID, PORT_IN_USE, DATA_MISMATCH or LEDGER_DAMAGED.
`;

// The transport would write before the code that is promised as the first word on standard error.
setLogVerbosity(logVerbosity.NONE);

const args = process.argv.slice(2);
const [command, flag, file] = args;
if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(HELP);
} else if (command !== 'start' || flag !== '--config' || file === undefined || args.length > 3) {
  process.stderr.write(HELP);
  process.exitCode = 2;
} else {
  await start(file);
}

async function start(path: string): Promise<void> {
  try {
    const node = await createDevnode({ admin: true, ...readConfig(path) });
    const stop = () => void node.close().then(() => process.exit(0));
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    const { channel, organizations, admin, version, notices } = node;
    for (const notice of notices) process.stderr.write(`${notice}\n`);
    process.stdout.write(
      `${JSON.stringify({ ready: true, version, channel, organizations, admin })}\n`,
    );
  } catch (error) {
    process.stderr.write(`${error instanceof DevnodeError ? error.message : String(error)}\n`);
    process.exit(3);
  }
}
