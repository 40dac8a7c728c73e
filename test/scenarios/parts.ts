import { writeSync } from 'node:fs';
import { findFabricBinaries, findGeth } from '@midlock/network';
import type { EnvironmentKind } from './environment.ts';

/** Says in one line whether a part of the suite runs and on what, or why not; past vitest's capture, so that CI shows it. */
function announce(part: string, verdict: string): void {
  writeSync(2, `${part}: ${verdict}\n`);
}

/** What an environment needs of the machine; says which versions run, or which tool lacks. */
export async function isAvailable(part: string, kind: EnvironmentKind): Promise<boolean> {
  try {
    const versions: string[] = [];
    if (kind.fabric !== 'devnode') {
      const { version, major } = await findFabricBinaries();
      if (kind.fabric === 'native-bft' && major < 3) {
        announce(part, `not run: BFT ordering needs Fabric 3, found ${version}`);
        return false;
      }
      versions.push(`Fabric ${version}`);
    }
    if (kind.ethereum === 'geth') {
      const onInstall = (module: string) => {
        announce(part, `Go builds ${module}`);
      };
      versions.push(`geth ${(await findGeth({ onInstall })).version}`);
    }
    announce(part, `runs on ${versions.join(', ') || 'devnode and anvil'}`);
    return true;
  } catch (error) {
    announce(part, `not run: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
