/** A change to one answer: data, so that a search can breed it. */
export interface Lie {
  /** Which answers: their method, and which of its calls; every one when negative. */
  readonly method: string;
  readonly nth: number;
  /** Where inside the answer: names, or places counted among whatever members stand there. */
  readonly path: readonly (string | number)[];
  readonly how: string;
  readonly what: unknown;
}

type Json = Record<string, unknown> | unknown[];

/** Reads a list of lies out of anything: what does not fit counts as another lie, never as an error. */
export function readLies(value: unknown): readonly Lie[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).slice(0, 24).map((item) => {
    const [method, nth, path, how, what] = Array.isArray(item) ? (item as unknown[]) : [];
    return {
      method: typeof method === 'string' ? method : '',
      nth: typeof nth === 'number' && Number.isSafeInteger(nth) ? nth : -1,
      path: Array.isArray(path)
        ? (path as unknown[]).filter((step) => typeof step === 'string' || typeof step === 'number')
        : [],
      how: typeof how === 'string' ? how : 'set',
      what,
    };
  });
}

/** The lies about the `nth` answer (from 0) of a method. */
export function liesAbout(lies: readonly Lie[], method: string, nth: number): readonly Lie[] {
  return lies.filter((lie) => lie.method === method && (lie.nth < 0 || lie.nth === nth));
}

const MAX_COPIES = 120_000;
const MAX_COPIED_BYTES = 4_000_000;

/** Changes a parsed answer in place of what the path leads to; `pieces` are true or half-true values to put there. */
export function applyLie(answer: unknown, lie: Lie, pieces: readonly unknown[]): unknown {
  const holder = { answer: structuredClone(answer) };
  const place = follow(holder, ['answer', ...lie.path]);
  if (place === undefined) return answer;
  const { parent, key } = place;
  const before = member(parent, key);
  switch (lie.how) {
    case 'drop':
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else Reflect.deleteProperty(parent, key);
      break;
    case 'piece':
      put(parent, key, structuredClone(pieces[amountIn(lie.what) % pieces.length]));
      break;
    case 'copies':
      if (Array.isArray(before) && before.length > 0) put(parent, key, copies(before, lie.what));
      break;
    case 'append':
      if (Array.isArray(before))
        before.push(structuredClone(pieces[amountIn(lie.what) % pieces.length]));
      break;
    case 'reverse':
      if (Array.isArray(before)) before.reverse();
      break;
    case 'add':
      put(parent, key, added(before, lie.what));
      break;
    case 'flip':
      put(parent, key, flipped(before, lie.what));
      break;
    case 'long':
      put(parent, key, '0x'.padEnd(Math.min(MAX_COPIED_BYTES, amountIn(lie.what) || 2), '0'));
      break;
    default:
      put(parent, key, lie.what);
  }
  return holder.answer;
}

/** A name that stands there leads on, a number counts among the members; the path ends where nothing does. */
function follow(
  root: Json,
  path: Lie['path'],
): { readonly parent: Json; readonly key: string } | undefined {
  let place: { parent: Json; key: string } | undefined;
  let here: unknown = root;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) break;
    const keys = Object.keys(here);
    const key =
      typeof step === 'string' ? step : keys[Math.abs(Math.trunc(step)) % Math.max(1, keys.length)];
    if (key === undefined) break;
    place = { parent: here as Json, key };
    here = Object.hasOwn(here, key) ? (here as Record<string, unknown>)[key] : undefined;
  }
  return place;
}

function member(parent: Json, key: string): unknown {
  return Object.hasOwn(parent, key) ? (parent as Record<string, unknown>)[key] : undefined;
}

/** Also under names like __proto__, as JSON.parse does. */
function put(parent: Json, key: string, value: unknown): void {
  Object.defineProperty(parent, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function copies(items: readonly unknown[], count: unknown): readonly unknown[] {
  const bytes = JSON.stringify(items[0]).length + 1;
  const most = Math.min(MAX_COPIES, Math.floor(MAX_COPIED_BYTES / bytes));
  const length = Math.min(most, amountIn(count) || 2);
  return Array.from({ length }, (_, i) => items[i % items.length]);
}

/** A number, or the number behind hex text, moved by some; hex keeps its length where it can. */
function added(before: unknown, by: unknown): unknown {
  const step = typeof by === 'number' && Number.isSafeInteger(by) ? by : 1;
  if (typeof before === 'number') return before + step;
  if (typeof before !== 'string' || !/^0x[0-9a-fA-F]{1,4096}$/.test(before)) return step;
  const moved = BigInt(before) + BigInt(step);
  const digits = (moved < 0n ? 0n : moved).toString(16);
  return `0x${before.length === 66 || before.length === 42 ? digits.padStart(before.length - 2, '0') : digits}`;
}

/** Hex text with one digit changed. */
function flipped(before: unknown, at: unknown): unknown {
  if (typeof before !== 'string' || before.length < 3) return !before;
  const place = 2 + (amountIn(at) % (before.length - 2));
  const digit = before[place] === '1' ? '2' : '1';
  return `${before.slice(0, place)}${digit}${before.slice(place + 1)}`;
}

/** A whole number, never negative; 0 for anything else. */
export function amountIn(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? Math.abs(Math.trunc(value)) : 0;
}
