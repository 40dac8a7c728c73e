import {
  MidlockError,
  parseAmount,
  parseName,
  type AssetKind,
  type Direction,
} from '@midlock/protocol';

/** One line of an orders file: what the initiator gives and wants. Amounts in minor units. */
export interface Order {
  /** Row in the file, the header being row 1. */
  readonly row: number;
  readonly direction: Direction;
  readonly fabric: {
    readonly assetKind: AssetKind;
    readonly assetId: string;
    readonly amount: bigint;
  };
  /** `token` is `ETH`, a symbol of the network description, or an address. */
  readonly ethereum: { readonly token: string; readonly amount: bigint };
  /** Name of the counterparty in the configuration. */
  readonly counterparty: string;
}

/** The header of an orders file; the columns may stand in any order. */
export const ORDER_COLUMNS = [
  'direction',
  'fabric_kind',
  'fabric_asset',
  'fabric_amount',
  'ethereum_token',
  'ethereum_amount',
  'counterparty',
] as const;

type Column = (typeof ORDER_COLUMNS)[number];

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_ROWS = 10_000;

/**
 * Reads orders from CSV (RFC 4180: comma, optional double quotes, LF or CRLF; lines that are empty or start with `#` are skipped).
 * @throws {MidlockError} ORDERS_ROW_INVALID naming row and column; nothing is returned unless every row is valid.
 */
export function parseOrders(text: string): readonly Order[] {
  if (text.length > MAX_BYTES) throw invalid(0, '(file)', 'at most 4 MiB');
  const rows = parseCsv(text.replace(/^\uFEFF/, ''));
  const [header, ...body] = rows;
  if (header === undefined) throw invalid(1, '(header)', ORDER_COLUMNS.join(','));
  if (body.length > MAX_ROWS) throw invalid(header.row, '(file)', 'at most 10,000 rows');
  const place = columnsOf(header);
  return body.map((line) => readOrder(line, place));
}

interface Line {
  readonly row: number;
  readonly cells: readonly string[];
}

function columnsOf({ row, cells }: Line): ReadonlyMap<Column, number> {
  const place = new Map<Column, number>();
  for (const [index, cell] of cells.entries()) {
    const name = ORDER_COLUMNS.find((column) => column === cell.trim().toLowerCase());
    if (name === undefined) throw invalid(row, cell.slice(0, 40), ORDER_COLUMNS.join(','));
    if (place.has(name)) throw invalid(row, name, 'each column once');
    place.set(name, index);
  }
  for (const column of ORDER_COLUMNS)
    if (!place.has(column)) throw invalid(row, column, 'the column to be there');
  return place;
}

function readOrder({ row, cells }: Line, place: ReadonlyMap<Column, number>): Order {
  if (cells.length !== place.size) throw invalid(row, '(row)', `${String(place.size)} cells`);
  const cell = (column: Column): string => (cells[place.get(column) ?? -1] ?? '').trim();
  const read = <T>(column: Column, expected: string, parse: (value: string) => T): T => {
    try {
      return parse(cell(column));
    } catch {
      throw invalid(row, column, expected);
    }
  };
  const assetKind = read(
    'fabric_kind',
    'fungible, unique or evidence',
    oneOf('fungible', 'unique', 'evidence'),
  );
  const amount = read('fabric_amount', 'a positive whole number of minor units', (value) =>
    parseAmount(value, 'fabric_amount'),
  );
  if (assetKind !== 'fungible' && amount !== 1n)
    throw invalid(row, 'fabric_amount', '1 for a unique asset or evidence');
  return {
    row,
    direction: read(
      'direction',
      'fabric-first or ethereum-first',
      oneOf('fabric-first', 'ethereum-first'),
    ),
    fabric: {
      assetKind,
      assetId: read('fabric_asset', 'an asset id', (value) => parseName(value, 'fabric_asset')),
      amount,
    },
    ethereum: {
      token: read('ethereum_token', 'ETH, a symbol or an address', (value) =>
        parseName(value, 'ethereum_token'),
      ),
      amount: read('ethereum_amount', 'a positive whole number of minor units', (value) =>
        parseAmount(value, 'ethereum_amount'),
      ),
    },
    counterparty: read('counterparty', 'a name', (value) => parseName(value, 'counterparty')),
  };
}

function oneOf<T extends string>(...allowed: readonly T[]): (value: string) => T {
  return (value) => {
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw new RangeError(value);
    return found;
  };
}

/** Rows of cells with their row numbers; quotes may hold commas, doubled quotes and line ends. */
function parseCsv(text: string): Line[] {
  const lines: Line[] = [];
  let [row, start, at] = [1, 1, 0];
  let cells: string[] = [];
  while (at <= text.length) {
    const cell = text[at] === '"' ? quotedCell(text, at, row) : plainCell(text, at);
    row += cell.lineEnds;
    cells.push(cell.value);
    at = cell.end;
    if (text[at] === ',') {
      at += 1;
      continue;
    }
    const skipped = cells.length === 1 && (cells[0] === '' || cells[0]?.startsWith('#') === true);
    if (!skipped && !(cells[0]?.startsWith('#') === true)) lines.push({ row: start, cells });
    at += text.startsWith('\r\n', at) ? 2 : 1;
    row += 1;
    [start, cells] = [row, []];
  }
  return lines;
}

interface Cell {
  readonly value: string;
  readonly end: number;
  readonly lineEnds: number;
}

function plainCell(text: string, from: number): Cell {
  let end = from;
  while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r')
    end += 1;
  return { value: text.slice(from, end), end, lineEnds: 0 };
}

function quotedCell(text: string, from: number, row: number): Cell {
  let [value, at, lineEnds] = ['', from + 1, 0];
  for (;;) {
    const char = text[at];
    if (char === undefined) throw invalid(row, '(quote)', 'a closing quote');
    if (char === '"' && text[at + 1] !== '"') break;
    if (char === '\n') lineEnds += 1;
    value += char;
    at += char === '"' ? 2 : 1;
  }
  const next = text[at + 1];
  if (next !== undefined && next !== ',' && next !== '\n' && next !== '\r')
    throw invalid(row, '(quote)', 'a comma after a closing quote');
  return { value, end: at + 1, lineEnds };
}

function invalid(row: number, column: string, expected: string): MidlockError {
  return new MidlockError('ORDERS_ROW_INVALID', { row, column, expected });
}
