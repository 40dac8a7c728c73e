import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_CASES, runCases, type Recording, type Results } from '@midlock/devnode/conformance';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findFabricBinaries } from '../src/native/binaries.ts';
import type { NativeFabric } from '../src/native/start-native-fabric.ts';
import { startNativeTarget } from './native-target.ts';

const binaries = await findFabricBinaries().catch((error: unknown) => {
  console.log(`recording not checked: ${error instanceof Error ? error.message : String(error)}`);
  return undefined;
});
const recording = tryReadRecording(binaries?.version);
if (binaries !== undefined && recording === undefined) {
  console.log(`recording not checked: there is none of Fabric ${binaries.version}`);
}

describe.skipIf(recording === undefined)(
  `Fabric ${recording?.fabric ?? ''} answers as recorded`,
  () => {
    const workDir = mkdtempSync(join(tmpdir(), 'midlock-conformance-'));
    let network: NativeFabric | undefined;
    let results: Results = {};

    beforeAll(async () => {
      network = await startNativeTarget(workDir, 'raft');
      results = await runCases(network.description, ALL_CASES);
    }, 300_000);

    afterAll(async () => {
      await network?.stop();
      rmSync(workDir, { recursive: true, force: true });
    });

    test.each(ALL_CASES.map(({ id, title }) => [id, title]))('%s: %s', (id) => {
      expect(results[id]).toEqual(recording?.results[id]);
    });
  },
);

function tryReadRecording(version: string | undefined): Recording | undefined {
  if (version === undefined) return undefined;
  const folder = '../../devnode/conformance/recordings/';
  try {
    const text = readFileSync(new URL(`${folder}fabric-${version}.json`, import.meta.url), 'utf8');
    return JSON.parse(text) as Recording;
  } catch {
    return undefined;
  }
}
