import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStartUpStage, type Config, type Role, type StartUpStage } from './stage.ts';

let stage: StartUpStage;
beforeAll(async () => {
  stage = await setStartUpStage();
}, 120_000);
afterAll(() => stage.close());

/** A store that the role has made and closed. */
async function used(role: Role): Promise<string> {
  const path = `${stage.write(`${role}.store`, '', 0o600)}.sqlite`;
  await stage.start(role, on(path));
  return path;
}

const on =
  (path: string): ((config: Config) => void) =>
  (config) => {
    config.store = { path };
  };

describe.each(['agent', 'relayer'] as const)('on a bad disk: %s', (role) => {
  it.each([
    ['a page is overwritten', (path: string) => overwrite(path, 4096)],
    ['the head of its store is overwritten', (path: string) => overwrite(path, 0)],
    [
      'its store was cut in half',
      (path: string) => truncateSync(path, readFileSync(path).length / 2),
    ],
  ])('does not start where %s: STORE_CORRUPT', async (_how, damage) => {
    const path = await used(role);
    damage(path);
    await expect(stage.start(role, on(path))).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  it('does not start where it cannot write: STORE_UNWRITABLE', async () => {
    const path = join(stage.write('no-folder', '', 0o600), 'journal.db');
    await expect(stage.start(role, on(path))).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
  });

  it('starts anew where its store was deleted', async () => {
    const path = await used(role);
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    await stage.start(role, on(path));
    expect(existsSync(path)).toBe(true);
  });
});

function overwrite(path: string, from: number): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, from, from + 4096));
}
