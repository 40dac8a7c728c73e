import { drawDemo } from '../demo/draw-demo.ts';
import { runDemo, type DemoResult } from '../demo/demo.ts';
import { createProgress } from '../demo/progress.ts';
import { renderDemo } from '../demo/render-demo.ts';
import { parseNetworkKinds, type NetworkKindOptions } from '../networks/kinds.ts';
import { toJson } from '../output.ts';
import { EXIT } from '../render-error.ts';
import { writeFileSync } from 'node:fs';

export interface DemoCommandOptions extends NetworkKindOptions {
  readonly headless?: boolean;
  readonly keep?: boolean;
  readonly orders?: string;
  readonly picture?: string;
}

/** `midlock demo`: exit code 0 only when every outcome was read back from the ledgers as it should be. */
export async function demoCommand(options: DemoCommandOptions, json: boolean): Promise<void> {
  const kinds = parseNetworkKinds(options);
  const stop = new AbortController();
  const interrupt = () => {
    process.stderr.write('\nstopping everything …\n');
    stop.abort(new Error('interrupted'));
  };
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let result: DemoResult;
  try {
    result = await runDemo({
      ...(options.orders === undefined ? {} : { ordersFile: options.orders }),
      kinds,
      keep: options.keep === true,
      progress: createProgress((line) => process.stderr.write(`${line}\n`)),
      signal: stop.signal,
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.exitCode = EXIT.interrupted;
    return;
  }
  if (options.picture !== undefined) writeFileSync(options.picture, drawDemo(result));
  const { ok, elapsedMs, networks, swaps, conservation, keptIn } = result;
  process.stdout.write(`${renderDemo(result)}\n`);
  if (json)
    process.stdout.write(
      `${toJson({ ok, elapsedMs, networks, swaps, conservation, ...(keptIn === undefined ? {} : { keptIn }) })}\n`,
    );
  process.exitCode = ok ? EXIT.ok : EXIT.unexpected;
}
