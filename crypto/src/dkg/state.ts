import type { PrimeGroup } from '../group/group.ts';
import type { DealBody } from './bodies.ts';
import type { Evidence, ExclusionReason } from './evidence.ts';
import type { Packet, Phase } from './packets.ts';
import { sessionId, type KeygenParameters } from './parameters.ts';

/** What a run needs from outside; both are pure. */
export interface KeygenTools<T> {
  readonly group: PrimeGroup<T>;
  /** True when `signature` over the 32-byte digest is of the identity with this public key (identity/). */
  authenticate(identityKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean;
}

/** Where a run stands: in a phase, or at one of its two ends. */
export type KeygenPhase = Phase | 'active' | 'failed';

/** The public outcome: what everybody computes from the same log. */
export interface KeygenResult<T> {
  readonly groupKey: T;
  /** Commitments to the joint polynomial; share keys are its values (result.ts). */
  readonly commitments: readonly T[];
  /** The dealers whose polynomials it sums up, ascending. */
  readonly qualified: readonly number[];
  /** 32-byte hash that members sign before the key is used. */
  readonly transcript: Uint8Array;
}

/**
 * The state of a run: a function of parameters and log alone, equal at everybody who reads the log. It holds no secret.
 * To store it, store the log: {@link initialState} and the machine give it back.
 */
export interface KeygenState<T> {
  readonly parameters: KeygenParameters;
  readonly session: Uint8Array;
  readonly phase: KeygenPhase;
  /** Height of the last entry seen. */
  readonly height: bigint;
  /** The first valid packet of each sender and phase, by `phase/sender`. */
  readonly packets: ReadonlyMap<string, Packet>;
  readonly deals: ReadonlyMap<number, DealBody<T>>;
  /** For each dealer the members that complained about it, ascending. */
  readonly complaints: ReadonlyMap<number, readonly number[]>;
  /** For each dealer the shares that it published rightly, by member. */
  readonly revealed: ReadonlyMap<number, ReadonlyMap<number, bigint>>;
  readonly excluded: ReadonlyMap<number, ExclusionReason>;
  readonly evidence: readonly Evidence[];
  /** Members that signed the right transcript. */
  readonly confirmed: ReadonlySet<number>;
  readonly result: KeygenResult<T> | undefined;
}

/** The state before the first entry. Throws CRYPTO_RANGE for parameters that contradict themselves. */
export function initialState<T>(parameters: KeygenParameters): KeygenState<T> {
  return {
    parameters,
    session: sessionId(parameters),
    phase: 'deal',
    height: -1n,
    packets: new Map(),
    deals: new Map(),
    complaints: new Map(),
    revealed: new Map(),
    excluded: new Map(),
    evidence: [],
    confirmed: new Set(),
    result: undefined,
  };
}

/** A copy of a map with one entry more. */
export function withEntry<K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> {
  return new Map([...map, [key, value]]);
}

/** Key of {@link KeygenState.packets}. */
export function packetKey(phase: Phase, sender: number): string {
  return `${phase}/${sender}`;
}
