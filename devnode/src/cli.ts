#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { createDevnode } from './devnode.ts';
import { DevnodeError } from './devnode-error.ts';
import type { DevnodeOptions } from './options.ts';

const USAGE = `Usage: devnode start --config <file.json>

Starts an embedded Hyperledger Fabric and prints one JSON line when it is ready; runs until SIGTERM.
The file: { "channel", "organizations": [{ "mspId", "domain", "users" }],
  "chaincodes": [{ "name", "version", "sequence", "endpoints": { "<mspId>": { "address", "packageId", "tlsRootCert" } | "register" },
    "endorsementPolicy", "collections": [{ "name", "policy", "blockToLive", "memberOnlyRead", "memberOnlyWrite", "endorsementPolicy" }] }],
  "ports": { "<mspId>": 0 }, "batch": { "timeoutMs", "maxMessages", "preferredMaxBytes" }, "profile": "2.5" | "3.x", "materialDir", "dataDir", "executeTimeoutMs" }`;

const [command, flag, file] = process.argv.slice(2);
if (command !== 'start' || flag !== '--config' || file === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(command === '--help' ? 0 : 2);
}
try {
  const node = await createDevnode({
    admin: true,
    ...(JSON.parse(readFileSync(file, 'utf8')) as DevnodeOptions),
  });
  const { channel, organizations, admin, version } = node;
  process.stdout.write(
    `${JSON.stringify({ ready: true, version, channel, organizations, admin })}\n`,
  );
  const stop = () => void node.close().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  process.stderr.write(
    `${error instanceof DevnodeError || error instanceof SyntaxError ? error.message : String(error)}\n`,
  );
  process.exit(3);
}
