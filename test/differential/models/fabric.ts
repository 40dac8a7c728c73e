import {
  createFabricModel,
  ModelRefusal,
  type FabricFlaw,
  type FabricLimits,
} from '@midlock/client/model';
import { swapIdOf, toHex, type FabricProfile, type Hex32 } from '@midlock/protocol';
import { NAMES, PARTIES } from '../parties.ts';
import {
  ASSETS,
  CONSERVED,
  FABRIC_LIMITS,
  FABRIC_PROFILE,
  NOTE,
  NOTES_EACH,
  START_SEC,
  UNKNOWN_ASSET,
  WHOLE_ASSETS,
  type WholeAsset,
} from '../rules.ts';
import type { FabricCommand, FabricSide, FabricView, Outcome } from '../sides.ts';

export interface FabricModelSideOptions {
  readonly flaws?: ReadonlySet<FabricFlaw>;
  readonly profile?: FabricProfile;
  readonly limits?: FabricLimits;
  readonly assets?: readonly WholeAsset[];
}

const ENDORSERS = ['Org1MSP'];

/** The client's model of Fabric behind the comparison's interface. One organisation endorses, as in the chaincode's world. */
export function createFabricModelSide(options: FabricModelSideOptions = {}): FabricSide {
  const {
    profile = FABRIC_PROFILE,
    limits = FABRIC_LIMITS,
    flaws,
    assets = WHOLE_ASSETS,
  } = options;
  const model = createFabricModel({
    startSec: START_SEC,
    organizations: ENDORSERS,
    endorsements: 1,
    fabric: profile,
    limits,
    notes: startingNotes().map(({ owner, assetId }) => ({
      owner: PARTIES[owner].fabric.account,
      assetId,
      amount: NOTE,
    })),
    assets: assets.map(({ assetId, kind, holder }) => ({
      assetId,
      kind,
      holder: PARTIES[holder].fabric.account,
    })),
    ...(flaws === undefined ? {} : { flaws }),
  });
  let withheld: { readonly txId: string; readonly bytes: Uint8Array }[] = [];
  let proposals = 0;
  const known = new Set<Hex32>();

  function endorse(command: FabricCommand): { txId: string; bytes: Uint8Array } | Outcome {
    proposals += 1;
    const { action, by, terms, secret, stampSec } = command;
    known.add(swapIdOf(terms));
    try {
      return model.endorse(
        {
          creator: PARTIES[by].fabric.account,
          action,
          terms,
          stampSec,
          nonce: String(proposals),
          ...(action === 'claim' ? { secret } : {}),
        },
        ENDORSERS,
      );
    } catch (error) {
      if (error instanceof ModelRefusal) return error.code;
      throw error;
    }
  }

  function commit(transactions: readonly { txId: string; bytes: Uint8Array }[]): Outcome[] {
    for (const { bytes } of transactions) model.order(bytes);
    model.cut();
    return transactions.map(({ txId }) => {
      const code = model.receipt(txId)?.code;
      if (code === undefined || code === 'ENDORSEMENT_POLICY_FAILURE')
        throw new Error(`the model did not validate ${txId}`);
      return code;
    });
  }

  function act(
    commands: readonly FabricCommand[],
    atSec: bigint,
    withhold: boolean,
  ): readonly Outcome[] {
    model.timeSec = atSec;
    const endorsed = commands.map(endorse);
    const good = endorsed.filter((one) => typeof one !== 'string');
    if (withhold) withheld.push(...good);
    const codes = withhold ? good.map((): Outcome => 'accepted') : commit(good);
    return endorsed.map((one) => (typeof one === 'string' ? one : (codes.shift() ?? 'INTERNAL')));
  }

  function deliver(atSec: bigint): readonly Outcome[] {
    model.timeSec = atSec;
    const late = withheld;
    withheld = [];
    return commit(late);
  }

  function view(): FabricView {
    const midAccounts = [...known].flatMap((swapId) => {
      const mid = model.midAccount(swapId);
      if (mid === undefined) return [];
      const { state, terms, secret } = mid;
      const text = secret === undefined ? undefined : toHex(secret);
      return [[swapId, { state, hashLock: terms.hashLock, secret: text }] as const];
    });
    return {
      balances: Object.fromEntries(
        NAMES.flatMap((name) =>
          [...CONSERVED, UNKNOWN_ASSET].map((asset) => [
            `${name} ${asset}`,
            String(model.balance(PARTIES[name].fabric.account, asset)),
          ]),
        ),
      ),
      locked: Object.fromEntries(CONSERVED.map((asset) => [asset, String(model.locked(asset))])),
      supply: Object.fromEntries(CONSERVED.map((asset) => [asset, String(model.supply(asset))])),
      midAccounts: Object.fromEntries(midAccounts),
    };
  }

  return {
    act: (...given) => Promise.resolve(act(...given)),
    deliver: (atSec) => Promise.resolve(deliver(atSec)),
    view: () => Promise.resolve(view()),
  };
}

/** The notes of the start, in the order in which they are made. */
export function startingNotes(): readonly {
  readonly owner: 'alice' | 'bob' | 'carol';
  readonly assetId: string;
}[] {
  return ASSETS.flatMap((assetId) =>
    (['alice', 'bob', 'carol'] as const).flatMap((owner) =>
      Array.from({ length: NOTES_EACH }, () => ({ owner, assetId })),
    ),
  );
}
