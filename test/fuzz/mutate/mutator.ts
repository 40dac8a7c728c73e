import type { Random } from '../../simulation/random.ts';
import type { Format } from '../target.ts';
import { mutateBytes } from './bytes.ts';
import { mutateCsv } from './csv.ts';
import { mutateDer, mutatePem } from './der.ts';
import { mutateJson } from './json.ts';
import { mutateProtobuf } from './protobuf.ts';
import { mutateRlp } from './rlp.ts';

/** Makes a new input out of one of the corpus; `other` is a second one to take pieces from. */
export type Mutator = (input: Uint8Array, other: Uint8Array, random: Random) => Uint8Array;

/** What every mutation may draw on. */
export interface Pieces {
  readonly other: Uint8Array;
  readonly dictionary: readonly Uint8Array[];
  readonly random: Random;
}

/** Changes the structure, where the input has one; undefined when it has none (any more). */
export type StructureMutation = (input: Uint8Array, pieces: Pieces) => Uint8Array | undefined;

const STRUCTURED: Readonly<Record<Format, StructureMutation | undefined>> = {
  bytes: undefined,
  text: undefined,
  json: mutateJson,
  yaml: mutateJson,
  csv: mutateCsv,
  pem: mutatePem,
  der: mutateDer,
  rlp: mutateRlp,
  protobuf: mutateProtobuf,
};

/** How many of ten mutations are blind to the structure. */
const RAW_OF_TEN = 3;

/** One to five changes in a row, most of them to the structure. */
export function createMutator(
  format: Format,
  dictionary: readonly Uint8Array[],
  maxBytes: number,
): Mutator {
  const structure = STRUCTURED[format];
  return (input, other, random) => {
    const pieces = { other, dictionary, random };
    let result = input;
    for (
      let left = random.chance(0.5) ? 1 : 1 + random.int(random.chance(0.2) ? 12 : 3);
      left > 0;
      left -= 1
    ) {
      const structured = random.int(10) >= RAW_OF_TEN ? structure?.(result, pieces) : undefined;
      result = structured ?? mutateBytes(result, pieces);
    }
    return result.subarray(0, maxBytes);
  };
}
