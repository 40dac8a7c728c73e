import { setImmediate } from 'node:timers/promises';
import {
  DEVELOPMENT,
  ETH,
  hashLockOf,
  parseAddress,
  parseHex32,
  planTimelocks,
  secretDomain,
  type Address,
  type Direction,
  type FabricAccount,
  type Hex32,
  type SwapProfile,
  type SwapTerms,
} from '@midlock/protocol';
import type { NonceStore } from '@midlock/ledgers';
import { createEthereumModel, type EthereumModel } from '../model/ethereum-model.ts';
import { createFabricModel, type FabricModel } from '../model/fabric-model.ts';
import { createManualClock, type ManualClock } from '../model/manual-clock.ts';
import { createBell, type Bell } from '../model/bell.ts';
import { createEthereumPort } from '../model/ethereum-port.ts';
import { createFabricPort } from '../model/fabric-port.ts';
import type { LedgerPort } from '../ports.ts';
import { createSeed, type SeedPort } from '../shell/seed.ts';
import type { PartySigners } from '../terms-file/signers.ts';
import { accountsOf } from '../terms-file/terms-file.ts';

export const START_SEC = 1_800_000_000n;
export const TOKENS = 'gold';

export interface Party {
  readonly name: 'a' | 'b' | 'r';
  readonly fabric: FabricAccount;
  readonly ethereum: Address;
  readonly seed: SeedPort;
}

const party = (name: Party['name'], mspId: string, digit: string): Party => ({
  name,
  fabric: { mspId, key: parseHex32(`0x${digit.repeat(64)}`, 'key') },
  ethereum: parseAddress(`0x${digit.repeat(40)}`, 'address'),
  seed: createSeed(new Uint8Array(32).fill(digit.charCodeAt(0))),
});

/** A party on the models that holds real keys. */
export function partyFor(name: Party['name'], signers: PartySigners): Party {
  return {
    name,
    ...accountsOf(signers),
    seed: createSeed(new Uint8Array(32).fill(name.charCodeAt(0))),
  };
}

export const ALICE = party('a', 'Org1MSP', '1');
export const BOB = party('b', 'Org2MSP', '2');
export const CAROL = party('r', 'Org3MSP', '3');

/** Both ledgers, a clock and a bell: everything that agents stand on. */
export interface Rig {
  readonly fabric: FabricModel;
  readonly ethereum: EthereumModel;
  readonly clock: ManualClock;
  readonly bell: Bell;
  readonly profile: SwapProfile;
  /** A party's view of both ledgers; its nonces are kept where it says. */
  ports(
    party: Party,
    nonces: NonceStore,
  ): { readonly fabric: LedgerPort; readonly ethereum: LedgerPort };
  /** Lets everything that can happen at this moment happen. */
  settle(): Promise<void>;
  /** One second: time passes, an Ethereum block and a Fabric block are made, finality moves. */
  second(): Promise<void>;
  /** Terms between Alice and Bob; the initiator owns the long leg. */
  terms(direction: Direction, nonce: number): SwapTerms;
  /** True when every asset that was there at the start is there now, in balances and locks. */
  conserved(): boolean;
  readonly rules: {
    /** Depth below the head at which Ethereum blocks become final. */
    finalityDepth: bigint;
    mines: boolean;
    /** False while the orderers keep what they have. */
    cuts: boolean;
  };
}

export interface RigOptions {
  readonly organizations?: readonly string[];
  readonly profile?: SwapProfile;
  readonly initiator?: Party;
  readonly responder?: Party;
}

export function createRig(options: RigOptions = {}): Rig {
  const {
    organizations = ['Org1MSP', 'Org2MSP', 'Org3MSP'],
    profile = DEVELOPMENT,
    initiator = ALICE,
    responder = BOB,
  } = options;
  const clock = createManualClock(START_SEC * 1000n);
  const bell = createBell();
  const fabric = createFabricModel({
    startSec: START_SEC,
    organizations,
    endorsements: 2,
    fabric: profile.fabric,
    notes: [initiator, responder].flatMap(({ fabric: owner }) =>
      Array.from({ length: 40 }, () => ({ owner, assetId: TOKENS, amount: 25n })),
    ),
  });
  const ethereum = createEthereumModel({
    startSec: START_SEC,
    minDurationSec: profile.ethereum.inclusionSec,
    balances: [initiator, responder].map(({ ethereum: account }) => ({
      account,
      token: ETH,
      amount: 1000n,
    })),
  });
  const rules = { finalityDepth: 2n, mines: true, cuts: true };
  let proposals = 0;

  async function settle(): Promise<void> {
    // In memory a chain of reactions is a chain of resolved promises; a few turns of the loop exhaust it.
    for (let turn = 0; turn < 8; turn += 1) {
      bell.ring();
      await setImmediate();
    }
  }

  return {
    fabric,
    ethereum,
    clock,
    bell,
    profile,
    rules,
    ports: (who, nonces) => ({
      fabric: createFabricPort(fabric, bell, {
        account: who.fabric,
        endorsements: 2,
        nonce: () => `${who.name}${String((proposals += 1))}`,
      }),
      ethereum: createEthereumPort(ethereum, bell, who.ethereum, nonces),
    }),
    settle,
    async second() {
      clock.advance(1000);
      const nowSec = clock.nowMs() / 1000n;
      fabric.timeSec = nowSec;
      await settle();
      if (rules.cuts) fabric.cut();
      if (rules.mines) {
        ethereum.mine(nowSec);
        const head = ethereum.blocks.at(-1)?.height ?? 0n;
        if (head > rules.finalityDepth) ethereum.finalize(head - rules.finalityDepth);
      }
      await settle();
    },
    terms: (direction, nonce) =>
      termsBetween([initiator, responder], direction, nonce, profile, clock.nowMs() / 1000n),
    conserved() {
      const gold =
        fabric.balance(initiator.fabric, TOKENS) +
        fabric.balance(responder.fabric, TOKENS) +
        fabric.locked(TOKENS);
      const ether =
        ethereum.balance(initiator.ethereum, ETH) +
        ethereum.balance(responder.ethereum, ETH) +
        ethereum.locked(ETH);
      return gold === 2000n && ether === 2000n;
    },
  };
}

function termsBetween(
  [initiator, responder]: readonly [Party, Party],
  direction: Direction,
  number: number,
  profile: SwapProfile,
  nowSec: bigint,
): SwapTerms {
  const plan = planTimelocks({ direction, profile, nowSec });
  const nonce = parseHex32(`0x${number.toString(16).padStart(64, '0')}`, 'nonce');
  const networkId = parseHex32(`0x${'7'.repeat(64)}`, 'networkId');
  const escrow = parseAddress(`0x${'e'.repeat(40)}`, 'escrow');
  const [fabricOwner, ethereumOwner] =
    direction === 'fabric-first' ? [initiator, responder] : [responder, initiator];
  const legs = {
    fabric: {
      networkId,
      channel: 'trade',
      chaincode: 'midlock',
      assetKind: 'fungible',
      assetId: TOKENS,
      amount: 40n,
      owner: fabricOwner.fabric,
      beneficiary: ethereumOwner.fabric,
      expiresAtSec: plan.fabricExpiresAtSec,
    },
    ethereum: {
      chainId: 31337n,
      escrow,
      token: ETH,
      amount: 7n,
      owner: ethereumOwner.ethereum,
      beneficiary: fabricOwner.ethereum,
      expiresAtSec: plan.ethereumExpiresAtSec,
    },
  } as const;
  const hashLock: Hex32 = hashLockOf(initiator.seed.secret(secretDomain(legs), nonce));
  return { version: 1, direction, hashLock, nonce, ...legs };
}
