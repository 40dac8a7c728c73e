import {
  Contract,
  ContractFactory,
  JsonRpcProvider,
  type InterfaceAbi,
  type JsonRpcSigner,
} from 'ethers';
import { startAnvilProcess } from '../support/anvil-process.ts';
import type { Compiled } from './compile.ts';

/** An anvil node under Osaka rules on a free port, with one funded account. */
export interface TestChain {
  readonly signer: JsonRpcSigner;
  deploy(compiled: Compiled, ...args: unknown[]): Promise<Contract>;
  close(): Promise<void>;
}

/** Starts the node; rejects when it does not listen within 20 s. */
export async function startChain(): Promise<TestChain> {
  const node = await startAnvilProcess(['--accounts', '1']);
  const provider = new JsonRpcProvider(node.url, undefined, {
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
      await node.stop();
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
