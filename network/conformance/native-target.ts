import {
  CHAINCODES,
  CHANNEL,
  EXECUTE_TIMEOUT_MS,
  ORGANIZATIONS,
  probeCommand,
} from '@midlock/devnode/conformance';
import type { Consensus } from '../src/native/layout.ts';
import { startNativeFabric, type NativeFabric } from '../src/native/start-native-fabric.ts';

/** Starts official binaries as the conformance suite wants its target. */
export function startNativeTarget(workDir: string, consensus: Consensus): Promise<NativeFabric> {
  return startNativeFabric({
    workDir,
    consensus,
    channel: CHANNEL,
    organizations: ORGANIZATIONS,
    chaincodes: CHAINCODES.map((chaincode) => ({ ...chaincode, command: probeCommand() })),
    batchTimeoutMs: 100,
    maxMessageCount: 50,
    executeTimeoutMs: EXECUTE_TIMEOUT_MS,
  });
}
