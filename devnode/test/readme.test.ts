import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createDevnode, type DevnodeOptions } from '../src/index.ts';
import { freePort, untilListening } from './shelf-network.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** The code block that follows the first mention of a file's name. */
function fileOf(name: string): string {
  const text = readme.slice(readme.indexOf(`\`${name}\``));
  const block = /```\w+\n([\s\S]*?)```/.exec(text)?.[1];
  if (block === undefined) throw new Error(`README.md shows no ${name}`);
  return block;
}

test('the files of the first five minutes do what the README says', async () => {
  const dist = new URL('../dist', import.meta.url).pathname;
  mkdirSync(dist, { recursive: true });
  // Below the package, so that what is installed in the workspace is found.
  const dir = mkdtempSync(join(dist, 'readme-'));
  const children: ReturnType<typeof spawn>[] = [];
  for (const name of ['index.js', 'client.mjs']) writeFileSync(join(dir, name), fileOf(name));
  writeFileSync(join(dir, 'package.json'), '{"name":"notes","version":"1.0.0","main":"index.js"}');
  let config = fileOf('network.json');
  const cli = new URL('./cli.js', import.meta.resolve('fabric-shim')).pathname;
  try {
    for (const [mspId, port] of [
      ['Org1MSP', '9991'],
      ['Org2MSP', '9992'],
    ] as const) {
      expect(readme).toContain(
        `CORE_PEER_LOCALMSPID=${mspId} npx fabric-chaincode-node server --chaincode-address localhost:${port} --chaincode-id notes_1:dev`,
      );
      // Another test may run beside this one: any port instead of the README's.
      const free = await freePort();
      config = config.replaceAll(`localhost:${port}`, `localhost:${free}`);
      const args = ['--chaincode-address', `localhost:${free}`, '--chaincode-id', 'notes_1:dev'];
      children.push(
        spawn(process.execPath, [cli, 'server', ...args], {
          cwd: dir,
          env: { ...process.env, CORE_PEER_LOCALMSPID: mspId },
          stdio: 'ignore',
        }),
      );
      await untilListening(free);
    }
    const node = await createDevnode(JSON.parse(config) as DevnodeOptions);
    const { channel, organizations } = node;
    writeFileSync(join(dir, 'ready.json'), JSON.stringify({ channel, organizations }));
    const run = promisify(execFile)(process.execPath, ['client.mjs'], { cwd: dir });
    expect((await run.finally(() => node.close())).stdout).toBe('hello\n');
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
});
