import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';

/** An anvil node under Osaka rules on a free port of loopback. */
export interface AnvilProcess {
  readonly url: string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 20_000;

/** Starts the node; rejects when it does not listen within 20 s. */
export async function startAnvilProcess(args: readonly string[] = []): Promise<AnvilProcess> {
  const anvil = createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
  const child = spawn(
    anvil,
    ['--port', '0', '--host', '127.0.0.1', '--hardfork', 'osaka', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return {
    url: await listening(child),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`anvil does not listen: ${output}`));
    }, START_TIMEOUT_MS);
    const read = (data: Buffer): void => {
      output += data.toString();
      const match = /Listening on (127\.0\.0\.1:\d+)/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(`http://${match[1] ?? ''}`);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`anvil ended with ${code ?? 'a signal'}: ${output}`));
    });
  });
}
