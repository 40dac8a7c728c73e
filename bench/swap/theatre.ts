import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Order, TermsFile } from '@midlock/client';
import { createProcessGroup } from '@midlock/network';
import type { Direction } from '@midlock/protocol';
import { agreeSwap } from '../../cli/src/demo/agree-swap.ts';
import { startObserver, type Observer } from '../../cli/src/demo/observer.ts';
import { createFungibles, handOut } from '../../cli/src/demo/provision.ts';
import { startDevelopmentNetworks } from '../../cli/src/networks/development.ts';
import type { FabricKind } from '../../cli/src/networks/kinds.ts';
import { createCast, type Cast } from '../../test/scenarios/cast.ts';

/** Who trades: Alice and Bob by their agents, Carol and Dave with their own hands. */
export type Couple = readonly ['alice', 'bob'] | readonly ['carol', 'dave'];

/** Networks, agents and a relayer as processes, and an observer that sees both ledgers. */
export interface Theatre {
  readonly cast: Cast;
  readonly observer: Observer;
  readonly nowMs: () => number;
  /** Issues what is swapped and has both parties sign; nothing of it counts as time of a swap. */
  readonly agree: (direction: Direction, couple: Couple) => Promise<TermsFile>;
  close(): Promise<void>;
}

/** Time for queueing before the first lock; no swap here is meant to come near a deadline. */
const SLACK_SEC = 120n;

/** Starts everything; Fabric is devnode unless told otherwise. */
export async function openTheatre(fabric: FabricKind = 'devnode'): Promise<Theatre> {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-bench-swap-'));
  const processes = createProcessGroup();
  const nowMs = () => performance.now();
  const stop = async () => {
    await processes.stopAll();
    rmSync(workDir, { recursive: true, force: true });
  };
  try {
    const networks = await startDevelopmentNetworks({
      processes,
      workDir: join(workDir, 'networks'),
      fabric,
    });
    const cast = await createCast({
      ...{ processes, networks, workDir },
      kind: { fabric, ethereum: 'anvil' },
    });
    const { parties } = cast;
    await createFungibles([orderOf('fabric-first')], parties.carol);
    await cast.start();
    const observer = startObserver({ party: parties.observer, nowMs, onFact: () => undefined });
    return {
      cast,
      observer,
      nowMs,
      async agree(direction, couple) {
        const [initiator, responder] = [parties[couple[0]], parties[couple[1]]];
        const order = orderOf(direction);
        await handOut([order], parties.carol, initiator, responder);
        const deadlines = { slackSec: SLACK_SEC, finishDespiteReorg: true };
        return agreeSwap(networks, initiator, responder, order, deadlines);
      },
      async close() {
        await observer.stop();
        await cast.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function orderOf(direction: Direction): Order {
  return {
    row: 0,
    direction,
    fabric: { assetKind: 'fungible', assetId: 'gold', amount: 5n },
    ethereum: { token: 'ETH', amount: 10n ** 15n },
    counterparty: 'bob',
  };
}
