import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import {
  Contract,
  ContractFactory,
  JsonRpcProvider,
  type InterfaceAbi,
  type JsonRpcSigner,
} from 'ethers';
import type { Compiled } from './compile.ts';

/** An anvil node under Osaka rules on a free port, with one funded account. */
export interface TestChain {
  readonly signer: JsonRpcSigner;
  deploy(compiled: Compiled, ...args: unknown[]): Promise<Contract>;
  close(): Promise<void>;
}

/** Starts the node; rejects when it does not listen within 20 s. */
export async function startChain(): Promise<TestChain> {
  const require = createRequire(import.meta.url);
  const anvil = require.resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
  const child = spawn(anvil, [
    '--port',
    '0',
    '--host',
    '127.0.0.1',
    '--hardfork',
    'osaka',
    '--accounts',
    '1',
  ]);
  const url = await listening(child);
  const provider = new JsonRpcProvider(url, undefined, {
    cacheTimeout: -1,
    polling: true,
    pollingInterval: 20,
  });
  const signer = await provider.getSigner(0);
  return {
    signer,
    deploy: async (compiled, ...args) => {
      const factory = new ContractFactory(compiled.abi as InterfaceAbi, compiled.bytecode, signer);
      const contract = await factory.deploy(...args);
      await contract.waitForDeployment();
      return new Contract(await contract.getAddress(), compiled.abi as InterfaceAbi, signer);
    },
    close: async () => {
      provider.destroy();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * Gas of a whole transaction that calls `verify`: what a user pays when nothing else happens.
 * The limit is named, because an estimate would find the least gas that does not revert, and a starved check answers false.
 */
export async function verifyGas(
  contract: Contract,
  digest: Uint8Array,
  proof: Uint8Array,
): Promise<number> {
  const response = await contract
    .getFunction('verify')
    .send(digest, proof, { gasLimit: 5_000_000 });
  const receipt = await response.wait();
  return Number(receipt!.gasUsed);
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`anvil does not listen: ${output}`));
    }, 20_000);
    child.stdout!.on('data', (data: Buffer) => {
      output += data.toString();
      const match = /Listening on (127\.0\.0\.1:\d+)/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(`http://${match[1]}`);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`anvil ended with ${code}: ${output}`));
    });
  });
}
