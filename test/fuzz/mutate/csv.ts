import type { Pieces } from './mutator.ts';
import { mutateBytes } from './bytes.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One change to a row or a cell; cells are cut at commas, however they are quoted. */
export function mutateCsv(input: Uint8Array, pieces: Pieces): Uint8Array {
  const { random } = pieces;
  const rows = decoder
    .decode(input)
    .split('\n')
    .map((row) => row.split(','));
  const at = random.int(rows.length);
  const row = rows[at] ?? [''];
  const cell = random.int(row.length);
  const text = row[cell] ?? '';
  switch (random.int(8)) {
    case 0:
      rows.splice(at, 1);
      break;
    case 1:
      rows.splice(at, 0, row);
      break;
    case 2:
      rows[at] = row.toSpliced(cell, 1);
      break;
    case 3:
      rows[at] = row.toSpliced(cell, 0, text);
      break;
    case 4:
      rows[at] = row.with(cell, `"${text}${random.pick(['"', '""', '\n', '\r\n', ''])}`);
      break;
    case 5:
      rows[at] = row.with(cell, decoder.decode(random.pick(pieces.dictionary)));
      break;
    case 6:
      rows[at] = row.toReversed();
      break;
    default:
      rows[at] = row.with(cell, decoder.decode(mutateBytes(encoder.encode(text), pieces)));
  }
  return encoder.encode(rows.map((cells) => cells.join(',')).join('\n'));
}
