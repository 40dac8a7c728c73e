import { Interface, id } from 'ethers';
import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { compile, type SolcContract } from './compiler.ts';

/** The contracts that are deployed, by source file. */
const DEPLOYABLE = [
  { source: 'contracts/MidlockEscrow.sol', name: 'MidlockEscrow' },
  { source: 'contracts/demo/DemoToken.sol', name: 'DemoToken' },
] as const;

/** The frozen layout's path. */
export const LAYOUT = 'snapshots/layout.json';

/** Every committed file that follows from the Solidity sources: path relative to evm/ to text. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const contracts = compile(DEPLOYABLE.map(({ source }) => source));
  const files: Record<string, string> = {};
  for (const { source, name } of DEPLOYABLE) {
    const contract = contracts[`${source}:${name}`];
    if (contract === undefined) throw new Error(`${source} has no contract ${name}`);
    const artifact = {
      _format: 'hh3-artifact-1',
      contractName: name,
      sourceName: source,
      abi: contract.abi,
      bytecode: `0x${contract.evm.bytecode.object}`,
      deployedBytecode: `0x${contract.evm.deployedBytecode.object}`,
      linkReferences: {},
      deployedLinkReferences: {},
      immutableReferences: contract.evm.deployedBytecode.immutableReferences,
    };
    files[`compiled/${name}.json`] = `${JSON.stringify(artifact, null, 2)}\n`;
    files[`src/abi/${kebab(name)}.ts`] = await abiModule(name, contract);
  }
  const escrow = contracts['contracts/MidlockEscrow.sol:MidlockEscrow'];
  if (escrow !== undefined) files[LAYOUT] = `${JSON.stringify(frozen(escrow), null, 2)}\n`;
  return files;
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

async function abiModule(name: string, contract: SolcContract): Promise<string> {
  const constant = `${kebab(name).replaceAll('-', '_').toUpperCase()}_ABI`;
  const text = `/** ABI of ${name}; written by scripts/compile.ts. */\nexport const ${constant} = ${JSON.stringify(contract.abi)} as const;\n`;
  const config = await resolveConfig(fileURLToPath(import.meta.url));
  return format(text, { ...config, parser: 'typescript' });
}

/** What may not change in a deployed contract without notice: storage layout, selectors, topics. */
function frozen(contract: SolcContract): object {
  return {
    storage: contract.storageLayout.storage.map(({ label, slot, offset, type }) => ({
      label,
      slot,
      offset,
      type: type.replaceAll(/\)\d+_/g, ')_'),
    })),
    selectors: contract.evm.methodIdentifiers,
    events: names(contract, 'event'),
    errors: names(contract, 'error'),
  };
}

function names({ abi }: SolcContract, type: 'event' | 'error'): Record<string, string> {
  const fragments = new Interface(JSON.stringify(abi)).fragments.filter(
    (fragment) => fragment.type === type,
  );
  return Object.fromEntries(
    fragments.map((fragment) => [
      fragment.format('sighash'),
      id(fragment.format('sighash')).slice(0, type === 'event' ? 66 : 10),
    ]),
  );
}
