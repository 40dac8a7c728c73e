import { createHash } from 'node:crypto';
import {
  FABRIC_TX,
  hashLockOf,
  parseTerms,
  swapIdOf,
  termsToJson,
  type Hex32,
  type MidAccountJson,
  type NotesJson,
  type SwapTerms,
  type SwapTermsJson,
} from '@midlock/protocol';
import { CHANNEL, CONFIG, NETWORK_ID, World, people, type WorldOptions } from './world.ts';

/** Terms with overrides of single fields, as a counterparty's file would have them. */
export interface TermsOverrides {
  readonly direction?: SwapTermsJson['direction'];
  readonly nonce?: string;
  readonly hashLock?: string;
  readonly fabric?: Partial<SwapTermsJson['fabric']>;
  readonly ethereum?: Partial<SwapTermsJson['ethereum']>;
}

export interface TestSwap {
  readonly terms: SwapTerms;
  readonly text: string;
  readonly swapId: Hex32;
  readonly secret: Uint8Array;
  readonly secretText: string;
}

/** An initialised world with the fungible asset EUR, issued by Carol. */
export async function initializedWorld(options: WorldOptions = {}): Promise<World> {
  const world = new World(options);
  await world.submit(people.admin1, FABRIC_TX.initialize, [JSON.stringify(CONFIG)]);
  await world.submit(people.carol, FABRIC_TX.createFungible, ['EUR']);
  return world;
}

/** Mints one note to an account; its id. */
export async function mint(
  world: World,
  amount: bigint,
  to: string = people.alice.id,
): Promise<string> {
  const { notes } = await world.submit<NotesJson>(people.carol, FABRIC_TX.mint, [
    'EUR',
    to,
    String(amount),
  ]);
  return notes[0]?.id ?? '';
}

/** A swap of 100 EUR of Alice for Bob's ether, by default fabric-first with 60 s for the Fabric leg. */
export function swap(world: World, seed: string, overrides: TermsOverrides = {}): TestSwap {
  const secret = createHash('sha256').update(`secret ${seed}`).digest();
  const direction = overrides.direction ?? 'fabric-first';
  const fabricSec = world.nowSec + 60n;
  const marginSec = direction === 'fabric-first' ? -30n : 30n;
  const terms = parseTerms({
    version: 1,
    direction,
    hashLock: overrides.hashLock ?? hashLockOf(secret),
    nonce: overrides.nonce ?? `0x${createHash('sha256').update(seed).digest('hex')}`,
    fabric: {
      networkId: NETWORK_ID,
      channel: CHANNEL,
      chaincode: 'midlock',
      assetKind: 'fungible',
      assetId: 'EUR',
      amount: '100',
      owner: people.alice.id,
      beneficiary: people.bob.id,
      expiresAtSec: String(fabricSec),
      ...overrides.fabric,
    },
    ethereum: {
      chainId: '31337',
      escrow: `0x${'e5'.repeat(20)}`,
      token: `0x${'00'.repeat(20)}`,
      amount: '1000000000000000000',
      owner: `0x${'b0'.repeat(20)}`,
      beneficiary: `0x${'a1'.repeat(20)}`,
      expiresAtSec: String(fabricSec + marginSec),
      ...overrides.ethereum,
    },
  });
  const text = JSON.stringify(termsToJson(terms));
  const secretText = `0x${secret.toString('hex')}`;
  return { terms, text, swapId: swapIdOf(terms), secret, secretText };
}

/** Mints exactly what a swap needs and locks it. */
export async function lockNew(
  world: World,
  seed: string,
  overrides: TermsOverrides = {},
): Promise<TestSwap> {
  const made = swap(world, seed, overrides);
  const note = await mint(world, made.terms.fabric.amount, overrides.fabric?.owner);
  await world.submit<MidAccountJson>(people.alice, FABRIC_TX.lock, [
    made.text,
    JSON.stringify([note]),
  ]);
  return made;
}
