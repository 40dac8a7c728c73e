import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProcessGroup, findFabricBinaries } from '@midlock/network';
import { afterAll, describe, expect, test } from 'vitest';
import { startDevelopmentNetworks } from './development.ts';
import {
  microfabComponents,
  writeFabloTarget,
  writeSampleProfile,
  type SampleNode,
} from './testing-profile.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const binaries = await findFabricBinaries().catch((error: unknown) => {
  console.log(`config import not tested on a native network: ${String(error)}`);
  return undefined;
});
const dir = mkdtempSync(join(tmpdir(), 'midlock-import-real-'));
const processes = createProcessGroup();
afterAll(async () => {
  await processes.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

function midlock(...args: string[]) {
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
  const run = spawnSync(process.execPath, [...flags, MAIN, ...args], {
    cwd: dir,
    encoding: 'utf8',
  });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

describe.skipIf(binaries === undefined)("an operator's own network", () => {
  test("fabric-samples' material reaches a green doctor by one import", async () => {
    // The network's folder has the sample's layout: organizations/peerOrganizations, ordererOrganizations.
    const { description, escrow } = await startDevelopmentNetworks({
      processes,
      workDir: join(dir, 'test-network'),
      fabric: 'native-raft',
      tokenHolders: [],
    });
    for (const number of [1, 2, 3]) {
      const organization = description.fabric.organizations[`Org${number}MSP`];
      const folder = join(organization?.mspDir ?? '', '..');
      const port = organization?.gateway.split(':')[1] ?? '';
      writeSampleProfile(folder, number, `localhost:${port}`);
    }
    const imported = midlock(
      ...['config', 'import', '--from', 'test-network', 'test-network'],
      ...['--channel', 'midlock', '--ethereum', description.ethereum.url, '--escrow', escrow],
    );
    expect(imported.stderr).toBe('');
    expect(imported.status).toBe(0);
    const doctor = midlock('--json', 'doctor');
    const { ok, checks } = JSON.parse(doctor.stdout) as {
      ok: boolean;
      checks: { name: string; status: string; seen: string }[];
    };
    expect(checks.filter(({ status }) => status === 'FAIL')).toEqual([]);
    expect(ok).toBe(true);
    expect(checks.map(({ name }) => name)).toContain('Fabric channel and chaincode');
    const peers = ({ name }: { name: string }) => name.startsWith('peers:');
    const filters =
      binaries?.major === 2 ? '1, sequence 1; no filter' : '1, sequence 1; all 3 filter';
    expect(checks.find(peers)?.seen).toContain(filters);

    // The same network as fablo and as microfab would have described it.
    const nodes = [1, 2, 3].map((number): SampleNode => {
      const port = description.fabric.organizations[`Org${number}MSP`]?.gateway.split(':')[1] ?? '';
      const domain = `org${number}.example.com`;
      const address = `localhost:${port}`;
      return { organization: `Org${number}`, domain, host: `peer0.${domain}`, address };
    });
    const material = join(dir, 'test-network/organizations/peerOrganizations');
    writeFabloTarget(join(dir, 'fablo'), material, nodes, []);
    writeFileSync(join(dir, 'list.json'), JSON.stringify(microfabComponents(material, nodes)));
    for (const [source, path] of [
      ['fablo', 'fablo'],
      ['microfab', 'list.json'],
    ] as const) {
      const config = `${source}.yaml`;
      const other = midlock(
        ...['--config', config, 'config', 'import', '--from', source, path],
        ...['--out', `out-${source}`, '--home', `home-${source}`],
        ...['--channel', 'midlock', '--ethereum', description.ethereum.url, '--escrow', escrow],
      );
      expect(other).toMatchObject({ status: 0, stderr: '' });
      const seen = midlock('--json', '--config', config, 'doctor');
      expect({ source, ...(JSON.parse(seen.stdout) as object) }).toMatchObject({
        source,
        ok: true,
      });
    }

    // A peer that is not there is named.
    const file = join(dir, 'midlock-network/network.json');
    const gateway = description.fabric.organizations['Org3MSP']?.gateway.split(':')[1] ?? '';
    writeFileSync(file, readFileSync(file, 'utf8').replace(`:${gateway}`, ':1'));
    const damaged = midlock('--json', 'doctor');
    expect(damaged.status).toBe(3);
    const after = JSON.parse(damaged.stdout) as { checks: typeof checks };
    expect(after.checks.find(peers)).toMatchObject({ status: 'FAIL' });
    expect(after.checks.find(peers)?.seen).toMatch(/^Org3MSP: /);
  }, 120_000);
});
