import {
  MidlockError,
  checkTimelocks,
  hashLockOf,
  planTimelocks,
  secretDomain,
  toHex32,
  type Direction,
  type EthereumLeg,
  type FabricLeg,
  type SwapProfile,
  type TimelockPlan,
} from '@midlock/protocol';
import type { RandomPort } from '../ports.ts';
import type { SeedPort } from '../shell/seed.ts';
import type { PartySigners } from '../terms-file/signers.ts';
import { signTerms, type PartyAccounts, type TermsFile } from '../terms-file/terms-file.ts';

export interface PlanSwapInput {
  readonly direction: Direction;
  readonly profile: SwapProfile;
  /** The later of both ledgers' clocks, seconds. */
  readonly nowSec: bigint;
  /** Extra time for agreeing and queueing before the first lock; default O. */
  readonly slackSec?: bigint;
  /** Leave time to settle although a reorg hits the short lock; default true. */
  readonly finishDespiteReorg?: boolean;
  /** Who can endorse on Fabric, and how many must; for the warning about a veto. */
  readonly endorsement?: {
    readonly organizations: readonly string[];
    readonly needed: number;
    readonly counterparty: string;
  };
}

export interface SwapPlan extends TimelockPlan {
  /** True where the counterparty's organisation alone can refuse endorsement and so freeze both. */
  readonly veto: boolean;
}

/**
 * Computes both deadlines and every moment that follows from them. Locks nothing.
 * @throws {MidlockError} PROFILE_INVALID.
 */
export function planSwap({ endorsement, ...input }: PlanSwapInput): SwapPlan {
  const others =
    endorsement?.organizations.filter((mspId) => mspId !== endorsement.counterparty).length ?? 0;
  return {
    ...planTimelocks(input),
    veto: endorsement !== undefined && others < endorsement.needed,
  };
}

export interface CreateSwapInput {
  readonly plan: TimelockPlan;
  readonly fabric: Pick<
    FabricLeg,
    'networkId' | 'channel' | 'chaincode' | 'assetKind' | 'assetId' | 'amount'
  >;
  readonly ethereum: Pick<EthereumLeg, 'chainId' | 'escrow' | 'token' | 'amount'>;
  readonly initiator: PartyAccounts;
  readonly responder: PartyAccounts;
}

export interface CreateSwapModules {
  readonly seed: SeedPort;
  readonly random: RandomPort;
  /** Makes the file durable; only then does the hash lock leave this function. */
  readonly save: (file: TermsFile) => Promise<void>;
}

/**
 * Draws a nonce, derives the secret's hash and writes the terms. The initiator calls it. The secret stays in the seed.
 * @throws {MidlockError} what `save` throws.
 */
export async function createSwap(
  input: CreateSwapInput,
  modules: CreateSwapModules,
): Promise<TermsFile> {
  const { plan, initiator, responder } = input;
  const bytes = new Uint8Array(32);
  modules.random(bytes);
  const nonce = toHex32(bytes);
  const [fabricOwner, ethereumOwner] =
    plan.direction === 'fabric-first' ? [initiator, responder] : [responder, initiator];
  const legs = {
    fabric: {
      ...input.fabric,
      owner: fabricOwner.fabric,
      beneficiary: ethereumOwner.fabric,
      expiresAtSec: plan.fabricExpiresAtSec,
    },
    ethereum: {
      ...input.ethereum,
      owner: ethereumOwner.ethereum,
      beneficiary: fabricOwner.ethereum,
      expiresAtSec: plan.ethereumExpiresAtSec,
    },
  };
  const hashLock = hashLockOf(modules.seed.secret(secretDomain(legs), nonce));
  const file: TermsFile = {
    version: 1,
    terms: { version: 1, direction: plan.direction, hashLock, nonce, ...legs },
    acceptances: {},
  };
  await modules.save(file);
  return file;
}

/**
 * Signs terms with both keys of a party after checking that their deadlines keep every obligation and are still ahead.
 * @throws {MidlockError} DEADLINE_ORDER, DEADLINE_TOO_CLOSE, PROFILE_INVALID, NOT_OWNER.
 */
export async function acceptSwap(
  file: TermsFile,
  signers: PartySigners,
  check: { readonly profile: SwapProfile; readonly nowSec: bigint },
): Promise<TermsFile> {
  const { direction, fabric, ethereum } = file.terms;
  checkTimelocks(direction, check.profile, fabric.expiresAtSec, ethereum.expiresAtSec);
  for (const { expiresAtSec } of [fabric, ethereum]) {
    if (expiresAtSec <= check.nowSec)
      throw new MidlockError('DEADLINE_TOO_CLOSE', { expiresAtSec, nowSec: check.nowSec });
  }
  return signTerms(file, signers);
}
