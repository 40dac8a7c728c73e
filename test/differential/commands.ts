import fc from 'fast-check';
import { draftArbitrary, type Alteration, type Draft } from './drafts.ts';
import { NAMES, SENDERS, type PartyName, type SenderName } from './parties.ts';

/** When a command happens: some seconds on, or about a deadline of a swap where that is still to come. */
export type When =
  | { readonly kind: 'after'; readonly sec: bigint }
  | {
      readonly kind: 'deadline';
      readonly swap: number;
      readonly of: 'ethereum' | 'fabric' | 'fabric refund';
      readonly offSec: bigint;
    };

export type SecretChoice = 'right' | 'wrong' | '31 bytes' | '33 bytes';

/** A transaction of the chaincode, by number of the swap among the last ones. */
export interface FabricChoice {
  readonly action: 'lock' | 'claim' | 'refund' | 'release' | 'decline';
  readonly swap: number;
  /** The party whose right it is, or somebody. */
  readonly by: PartyName | 'entitled';
  readonly secret: SecretChoice;
  readonly skewSec: bigint;
  readonly alteration: Alteration;
}

export type Deed =
  | {
      readonly kind: 'draft';
      readonly draft: Draft;
      /** The legs that their owners lock at once. */
      readonly locked: readonly ('ethereum' | 'fabric')[];
    }
  | { readonly kind: 'lock'; readonly swap: number }
  | {
      readonly kind: 'claim';
      readonly swap: number;
      readonly by: SenderName;
      readonly secret: 'right' | 'wrong';
      readonly alteration: Alteration;
    }
  | {
      readonly kind: 'refund';
      readonly swap: number;
      readonly by: SenderName;
      readonly alteration: Alteration;
    }
  | {
      readonly kind: 'consent';
      readonly swap: number;
      readonly by: SenderName;
      readonly signer: PartyName | 'beneficiary';
      readonly lifeSec: bigint;
      readonly over: 'this' | 'former';
    }
  | { readonly kind: 'lockMany'; readonly swaps: readonly number[] }
  | {
      readonly kind: 'claimMany';
      readonly swaps: readonly number[];
      readonly by: SenderName;
      readonly secret: 'right' | 'wrong';
    }
  | { readonly kind: 'refundMany'; readonly swaps: readonly number[]; readonly by: SenderName }
  | {
      readonly kind: 'fabric';
      readonly block: readonly FabricChoice[];
      readonly withhold: boolean;
    }
  | { readonly kind: 'deliver' };

/** One step of a life cycle. */
export interface Command {
  readonly when: When;
  readonly deed: Deed;
}

/** Swaps that a life cycle has under way at a time. */
export const SWAPS = 3;

const swap = fc.nat({ max: SWAPS - 1 });
const swaps = fc.array(swap, { minLength: 1, maxLength: 4 });
const by = fc.constantFrom(...SENDERS);
const rarely = <T>(usual: T, ...odd: readonly T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...odd) },
  );
const alteration = rarely<Alteration>('none', 'amount', 'asset', 'beneficiary');
const secret = rarely<'right' | 'wrong'>('right', 'wrong');

const when: fc.Arbitrary<When> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('after'), sec: fc.constantFrom(0n, 0n, 1n, 1n, 3n) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('deadline'),
      swap,
      of: fc.constantFrom('ethereum', 'fabric', 'fabric refund'),
      offSec: fc.bigInt(-1n, 1n),
    }),
  },
);

const BOTH = ['ethereum', 'fabric'];
const draft = fc.record({
  kind: fc.constant('draft'),
  draft: draftArbitrary,
  locked: fc.constantFrom(BOTH, BOTH, BOTH, BOTH, ['ethereum'], ['fabric'], []),
});

const fabricChoice: fc.Arbitrary<FabricChoice> = fc.record({
  action: fc.constantFrom(
    'lock',
    'lock',
    'claim',
    'claim',
    'refund',
    'release',
    'release',
    'decline',
  ),
  swap,
  by: fc.oneof(
    { weight: 3, arbitrary: fc.constant('entitled') },
    { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
  ),
  secret: rarely<SecretChoice>('right', 'wrong', '31 bytes', '33 bytes'),
  skewSec: rarely(0n, -4n, -3n, -1n, 1n, 2n),
  alteration,
});

const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: draft },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('lock'), swap }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('claim'), swap, by, secret, alteration }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('refund'), swap, by, alteration }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('consent'),
      swap,
      by,
      signer: fc.oneof(
        { weight: 4, arbitrary: fc.constant('beneficiary') },
        { weight: 1, arbitrary: fc.constantFrom(...NAMES) },
      ),
      lifeSec: rarely(5n, -1n, 0n, 1n),
      over: fc.constantFrom('this', 'former'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lockMany'), swaps }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('claimMany'), swaps, by, secret }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refundMany'), swaps, by }) },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('fabric'),
      block: fc.array(fabricChoice, { minLength: 1, maxLength: 3 }),
      withhold: rarely(false, true),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('deliver') }) },
) as fc.Arbitrary<Deed>;

/** A settlement about the second in which it begins or ceases to be possible. */
const atTheEdge: fc.Arbitrary<Command> = fc
  .record({
    swap,
    offSec: fc.bigInt(-1n, 1n),
    by,
    edge: fc.constantFrom('claim', 'refund', 'fabric claim', 'fabric refund', 'fabric refund'),
  })
  .map(({ swap: number, offSec, by: caller, edge }): Command => {
    const of = edge === 'fabric claim' ? 'fabric' : edge === 'fabric refund' ? edge : 'ethereum';
    return {
      when: { kind: 'deadline', swap: number, of, offSec },
      deed: settlement(edge, number, caller),
    };
  });

function settlement(
  edge: 'claim' | 'refund' | 'fabric claim' | 'fabric refund',
  number: number,
  caller: SenderName,
): Deed {
  const common = { swap: number, secret: 'right', alteration: 'none' } as const;
  switch (edge) {
    case 'claim':
      return { kind: 'claim', by: caller, ...common };
    case 'refund':
      return { kind: 'refund', by: caller, swap: number, alteration: 'none' };
    case 'fabric claim':
    case 'fabric refund': {
      const action = edge === 'fabric claim' ? 'claim' : 'refund';
      const choice: FabricChoice = { action, by: caller, skewSec: 0n, ...common };
      return { kind: 'fabric', block: [choice], withhold: false };
    }
  }
}

export const commandArbitrary: fc.Arbitrary<Command> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ when, deed }) },
  { weight: 1, arbitrary: atTheEdge },
);

/** A command that writes down a swap; life cycles begin with some, so that there is something to do. */
export const openingArbitrary: fc.Arbitrary<Command> = fc.record({
  when: fc.constant<When>({ kind: 'after', sec: 0n }),
  deed: draft,
}) as fc.Arbitrary<Command>;
