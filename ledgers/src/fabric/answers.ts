import {
  FABRIC_SCHEMA,
  MidlockError,
  parseDecimal,
  parseHex32,
  parseSecret,
  parseTerms,
  type ChaincodeConfigJson,
  type ConservationJson,
  type Hex32,
  type MidAccountState,
  type NoteJson,
  type SwapTerms,
  type UniqueAssetJson,
} from '@midlock/protocol';

/** What `mid-account:get` says, checked and typed. */
export interface MidAccount {
  readonly swapId: Hex32;
  readonly state: MidAccountState;
  readonly terms: SwapTerms;
  readonly lockTxId: string;
  readonly lockedAtSec: bigint;
  readonly settleTxId?: string;
  readonly settledAtSec?: bigint;
  readonly secret?: Uint8Array;
  readonly gapSec: bigint;
}

/** What `mid-account:time` says. */
export interface EndorserTime {
  readonly mspId: string;
  readonly clockMs: bigint;
  readonly maxPastSec: bigint;
  readonly maxFutureSec: bigint;
  readonly gapSec: bigint;
}

/** One change of a mid-account, from an event. */
export type MidAccountChange =
  | { readonly type: 'locked' | 'declined'; readonly swapId: Hex32; readonly terms: SwapTerms }
  | { readonly type: 'claimed'; readonly swapId: Hex32; readonly secret: Uint8Array }
  | { readonly type: 'refunded' | 'released'; readonly swapId: Hex32 };

type Fields = Readonly<Record<string, unknown>>;

const MAX_TEXT = 4 << 20;
const STATES: readonly MidAccountState[] = [
  'locked',
  'claimed',
  'refunded',
  'released',
  'declined',
];

/** Reads a mid-account. Throws ENDPOINT_LIED, as all of this file does, for anything the chaincode cannot have written. */
export function parseMidAccount(bytes: Uint8Array): MidAccount {
  return guarded('mid-account', () => {
    const json = object(bytes);
    const state = STATES.find((candidate) => candidate === json['state']);
    if (state === undefined) throw lied('mid-account.state');
    const rules = asObject(json['rules'], 'mid-account.rules');
    if ((state === 'claimed') !== (json['secret'] !== undefined)) throw lied('mid-account.secret');
    const settled = json['settleTxId'] !== undefined;
    return {
      swapId: parseHex32(json['swapId'], 'swapId'),
      state,
      terms: parseTerms(json['terms']),
      lockTxId: txId(json['lockTxId']),
      lockedAtSec: parseDecimal(json['lockedAtSec'], 'lockedAtSec'),
      gapSec: parseDecimal(rules['gapSec'], 'rules.gapSec'),
      ...(settled
        ? {
            settleTxId: txId(json['settleTxId']),
            settledAtSec: parseDecimal(json['settledAtSec'], 'settledAtSec'),
          }
        : {}),
      ...(state === 'claimed' ? { secret: parseSecret(json['secret']) } : {}),
    };
  });
}

export function parseEndorserTime(bytes: Uint8Array): EndorserTime {
  return guarded('time', () => {
    const json = object(bytes);
    return {
      mspId: text(json['mspId'], 'time.mspId'),
      clockMs: parseDecimal(json['clockMs'], 'clockMs'),
      maxPastSec: parseDecimal(json['maxPastSec'], 'maxPastSec'),
      maxFutureSec: parseDecimal(json['maxFutureSec'], 'maxFutureSec'),
      gapSec: parseDecimal(json['gapSec'], 'gapSec'),
    };
  });
}

/** The mid-account changes in an event's payload; changes of free assets are left out. */
export function parseEventPayload(bytes: Uint8Array): readonly MidAccountChange[] {
  return guarded('event', () => {
    const { events } = object(bytes);
    return array(events, 'event.events').flatMap((item): MidAccountChange[] => {
      const event = asObject(item, 'event');
      const type = event['type'];
      if (type === 'asset') return [];
      const swapId = parseHex32(event['swapId'], 'swapId');
      switch (type) {
        case 'locked':
        case 'declined':
          return [{ type, swapId, terms: parseTerms(event['terms']) }];
        case 'claimed':
          return [{ type, swapId, secret: parseSecret(event['secret']) }];
        case 'refunded':
        case 'released':
          return [{ type, swapId }];
        default:
          throw lied('event.type');
      }
    });
  });
}

export function parseNotes(bytes: Uint8Array): { items: readonly NoteJson[]; bookmark: string } {
  return guarded('notes', () => {
    const page = object(bytes);
    const items = array(page['items'], 'page.items').map(note);
    return { items, bookmark: text(page['bookmark'], 'page.bookmark') };
  });
}

/** What a transaction on notes returns: the notes it made. */
export function parseMadeNotes(bytes: Uint8Array): readonly NoteJson[] {
  return guarded('notes', () => array(object(bytes)['notes'], 'notes').map(note));
}

export function parseUniqueAsset(bytes: Uint8Array): UniqueAssetJson {
  return guarded('asset', () => uniqueAsset(object(bytes)));
}

export function parseUniqueAssets(bytes: Uint8Array): {
  items: readonly UniqueAssetJson[];
  bookmark: string;
} {
  return guarded('assets', () => {
    const page = object(bytes);
    return {
      items: array(page['items'], 'page.items').map((item) => uniqueAsset(asObject(item, 'asset'))),
      bookmark: text(page['bookmark'], 'page.bookmark'),
    };
  });
}

export function parseConservation(bytes: Uint8Array): ConservationJson {
  return guarded('conservation', () => {
    const json = object(bytes);
    const decimal = (key: string): string => String(parseDecimal(json[key], `conservation.${key}`));
    return {
      schema: FABRIC_SCHEMA,
      assetId: text(json['assetId'], 'conservation.assetId'),
      issued: decimal('issued'),
      burnt: decimal('burnt'),
      free: decimal('free'),
      locked: decimal('locked'),
      notes: decimal('notes'),
      midAccounts: decimal('midAccounts'),
      complete: json['complete'] === true,
      holds: json['holds'] === true,
    };
  });
}

export function parseChaincodeConfig(bytes: Uint8Array): ChaincodeConfigJson {
  return guarded('config', () => {
    const json = object(bytes);
    const decimal = (key: string): string => String(parseDecimal(json[key], `config.${key}`));
    return {
      schema: FABRIC_SCHEMA,
      version: decimal('version'),
      networkId: parseHex32(json['networkId'], 'config.networkId'),
      channel: text(json['channel'], 'config.channel'),
      chaincode: text(json['chaincode'], 'config.chaincode'),
      organizations: array(json['organizations'], 'config.organizations').map((item) =>
        text(item, 'config.organizations'),
      ),
      maxPastSec: decimal('maxPastSec'),
      maxFutureSec: decimal('maxFutureSec'),
      gapSec: decimal('gapSec'),
      skewSec: decimal('skewSec'),
      minDurationSec: decimal('minDurationSec'),
      maxDurationSec: decimal('maxDurationSec'),
      fabricFirstMarginSec: decimal('fabricFirstMarginSec'),
      ethereumFirstMarginSec: decimal('ethereumFirstMarginSec'),
      rotateDelaySec: decimal('rotateDelaySec'),
    };
  });
}

function note(value: unknown): NoteJson {
  const json = asObject(value, 'note');
  return {
    schema: FABRIC_SCHEMA,
    id: parseHex32(json['id'], 'note.id'),
    assetId: text(json['assetId'], 'note.assetId'),
    owner: text(json['owner'], 'note.owner'),
    amount: String(parseDecimal(json['amount'], 'note.amount')),
  };
}

function uniqueAsset(json: Fields): UniqueAssetJson {
  const { kind, content, lockedBy } = json;
  if (kind !== 'unique' && kind !== 'evidence') throw lied('asset.kind');
  return {
    schema: FABRIC_SCHEMA,
    kind,
    id: text(json['id'], 'asset.id'),
    issuer: text(json['issuer'], 'asset.issuer'),
    holder: text(json['holder'], 'asset.holder'),
    contentHash: text(json['contentHash'], 'asset.contentHash'),
    ...(content === undefined
      ? {}
      : {
          content: array(content, 'asset.content').map((item) => {
            const entry = asObject(item, 'asset.content');
            return {
              hash: text(entry['hash'], 'content.hash'),
              schemaId: text(entry['schemaId'], 'content.schemaId'),
              issuer: text(entry['issuer'], 'content.issuer'),
              timeSec: String(parseDecimal(entry['timeSec'], 'content.timeSec')),
            };
          }),
        }),
    ...(lockedBy === undefined ? {} : { lockedBy: parseHex32(lockedBy, 'asset.lockedBy') }),
  };
}

/** Errors of the parsers inside mean that the peer answered what the chaincode cannot write. */
function guarded<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof MidlockError && error.code === 'ENDPOINT_LIED') throw error;
    if (error instanceof MidlockError)
      throw new MidlockError('ENDPOINT_LIED', { what, reason: error.code });
    throw error;
  }
}

function object(bytes: Uint8Array): Fields {
  if (bytes.length > MAX_TEXT) throw lied('answer longer than 4 MiB');
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw lied('answer is not JSON');
  }
  const json = asObject(value, 'answer');
  if (json['schema'] !== FABRIC_SCHEMA) throw lied('schema');
  return json;
}

function asObject(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw lied(what);
}

function array(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length <= 100_000) return value as readonly unknown[];
  throw lied(what);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string' && value.length <= 4096) return value;
  throw lied(what);
}

function txId(value: unknown): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw lied('transaction id');
}

function lied(what: string): MidlockError {
  return new MidlockError('ENDPOINT_LIED', { what });
}
