import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The three programs of Fabric's external builder contract for chaincode that runs as a service. */
const PROGRAMS = {
  // Arguments: source, metadata. Success means "mine".
  detect: `#!/bin/sh
grep -iq '"type" *: *"ccaas"' "$2/metadata.json"
`,
  // Arguments: source, metadata, output.
  build: `#!/bin/sh
set -e
cp "$1/connection.json" "$3/connection.json"
if [ -d "$1/META-INF" ]; then cp -R "$1/META-INF" "$3/META-INF"; fi
`,
  // Arguments: output, release. A connection.json here makes the peer dial out instead of starting anything.
  release: `#!/bin/sh
set -e
mkdir -p "$2/chaincode/server"
cp "$1/connection.json" "$2/chaincode/server/connection.json"
if [ -d "$1/META-INF/statedb" ]; then cp -R "$1/META-INF/statedb" "$2/statedb"; fi
`,
} as const;

/** Writes the builder below `dir` and returns the path for core.yaml's `externalBuilders`. Needs only a POSIX shell. */
export async function writeExternalBuilder(dir: string): Promise<string> {
  const bin = join(dir, 'bin');
  await mkdir(bin, { recursive: true });
  await Promise.all(
    Object.entries(PROGRAMS).map(([name, text]) =>
      writeFile(join(bin, name), text, { mode: 0o755 }),
    ),
  );
  return dir;
}
