import { findFabricBinaries, findGeth, NetworkError } from '@midlock/network';
import { MidlockError } from '@midlock/protocol';

/** Which Fabric runs: the embedded one, or an operator's official binaries. */
export type FabricKind = 'devnode' | 'native-raft' | 'native-bft';
export type EthereumKind = 'anvil' | 'geth';

/** Which networks a command starts, as its options name them. */
export interface NetworkKindOptions {
  readonly fabric?: string;
  readonly consensus?: string;
  readonly ethereum?: string;
}

export interface NetworkKinds {
  readonly fabric: FabricKind;
  readonly ethereum: EthereumKind;
}

/** Reads `--fabric`, `--consensus` and `--ethereum`. Throws ARGUMENT_INVALID. */
export function parseNetworkKinds(options: NetworkKindOptions): NetworkKinds {
  const { fabric = 'devnode', consensus, ethereum = 'anvil' } = options;
  const native = oneOf('--fabric', fabric, ['devnode', 'native']) === 'native';
  if (!native && consensus !== undefined)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument: '--consensus',
      expected: 'only beside --fabric native',
    });
  return {
    fabric: native
      ? `native-${oneOf('--consensus', consensus ?? 'raft', ['raft', 'bft'])}`
      : 'devnode',
    ethereum: oneOf('--ethereum', ethereum, ['anvil', 'geth']),
  };
}

/**
 * Makes sure that the programs of these networks are on this machine, before anything is started.
 * @param onStep told when a Go toolchain has to build geth first, which takes minutes
 * @throws {NetworkError} TOOL_MISSING and TOOL_VERSION, with where to get what lacks.
 */
export async function requireTools(
  { fabric, ethereum }: NetworkKinds,
  onStep: (step: string) => void,
): Promise<void> {
  if (fabric !== 'devnode') {
    const { version, major } = await findFabricBinaries();
    if (fabric === 'native-bft' && major < 3)
      throw new NetworkError(
        'TOOL_VERSION',
        'BFT ordering needs Fabric 3; --consensus raft runs on 2.5 too.',
        {
          version,
        },
      );
  }
  if (ethereum === 'geth')
    await findGeth({
      onInstall: (module) => {
        onStep(`Go builds ${module}, once; some minutes`);
      },
    });
}

/**
 * What a party's configuration says about finality on a development node: `geth --dev` moves its `finalized` tag every
 * 32 blocks only, so blocks are counted there; elsewhere the tag is followed.
 */
export function developmentFinality(ethereumKind: string): {
  readonly finality?: { readonly mode: 'depth'; readonly blocks: string };
} {
  return ethereumKind === 'geth' ? { finality: { mode: 'depth', blocks: '2' } } : {};
}

function oneOf<T extends string>(argument: string, value: string, known: readonly T[]): T {
  const found = known.find((candidate) => candidate === value);
  if (found === undefined)
    throw new MidlockError('ARGUMENT_INVALID', { argument, expected: known.join(' or ') });
  return found;
}
