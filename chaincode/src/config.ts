import {
  FABRIC_SCHEMA,
  isMidlockError,
  MidlockError,
  parseDecimal,
  parseHex32,
  parseMspId,
  parseName,
  type ChaincodeConfigInput,
  type ChaincodeConfigJson,
  type FabricAccount,
} from '@midlock/protocol';
import { jsonArgument } from './arguments.ts';
import type { MidlockContext } from './context.ts';
import { keys } from './keys.ts';
import { requireRule } from './rules.ts';
import { requireStampInWindow } from './time-window.ts';

const SECONDS = [
  'maxPastSec',
  'maxFutureSec',
  'gapSec',
  'skewSec',
  'minDurationSec',
  'maxDurationSec',
  'fabricFirstMarginSec',
  'ethereumFirstMarginSec',
  'rotateDelaySec',
] as const;
const FIELDS: readonly string[] = [
  'networkId',
  'channel',
  'chaincode',
  'organizations',
  ...SECONDS,
];
const MAX_SEC = 1n << 32n;
const MAX_ORGANIZATIONS = 64;

/** The configuration in force. Throws NOT_INITIALIZED. */
export async function loadConfig(ctx: MidlockContext): Promise<ChaincodeConfigJson> {
  const config = await ctx.state.get(keys.config());
  requireRule('initialized', config !== undefined);
  return config;
}

/**
 * How every writing transaction but a settlement begins: the configuration, after the stamp was held against its window.
 * Settlements use their lock's rules instead and do not read the configuration.
 */
export async function beginTransaction(ctx: MidlockContext): Promise<ChaincodeConfigJson> {
  const config = await loadConfig(ctx);
  requireStampInWindow(ctx, config);
  return config;
}

/** Refuses an account of an organisation that the configuration does not know: assets sent there would be lost. */
export function requireKnownOrganization(
  config: ChaincodeConfigJson,
  account: FabricAccount,
  field: string,
): void {
  requireRule('known-organization', config.organizations.includes(account.mspId), {
    field,
    mspId: account.mspId,
  });
}

/** Reads and checks a configuration given as JSON; every field present, none unknown. Throws CONFIG_INVALID, ARGUMENT_INVALID. */
export function parseConfig(text: string, version: bigint): ChaincodeConfigJson {
  const value = jsonArgument(text, 'config');
  const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
  const fields = isRecord ? (value as Readonly<Record<string, unknown>>) : {};
  const odd = [
    ...FIELDS.filter((name) => !Object.hasOwn(fields, name)),
    ...Object.keys(fields).filter((name) => !FIELDS.includes(name)),
  ];
  requireRule('config-fields', isRecord && odd.length === 0, {
    field: odd[0]?.slice(0, 40),
    expected: 'exactly the documented fields',
  });
  const config = asConfigError(() => readConfig(fields, version));
  checkConfig(config);
  return config;
}

function readConfig(fields: Readonly<Record<string, unknown>>, version: bigint) {
  const seconds = Object.fromEntries(
    SECONDS.map((name) => [name, String(parseDecimal(fields[name], name))]),
  ) as Record<(typeof SECONDS)[number], string>;
  const organizations = Array.isArray(fields['organizations'])
    ? fields['organizations'].map((mspId) => parseMspId(mspId, 'organizations'))
    : [];
  const input: ChaincodeConfigInput = {
    networkId: parseHex32(fields['networkId'], 'networkId'),
    channel: parseName(fields['channel'], 'channel'),
    chaincode: parseName(fields['chaincode'], 'chaincode'),
    organizations,
    ...seconds,
  };
  return { schema: FABRIC_SCHEMA, version: String(version), ...input } as const;
}

/**
 * The rules between the figures (design: swap, Time). The margins' exact bounds need the Ethereum network's figures,
 * which the planner has; here stands what holds whatever these are.
 */
function checkConfig(config: ChaincodeConfigJson): void {
  const { organizations } = config;
  const sec = (name: (typeof SECONDS)[number]): bigint => BigInt(config[name]);
  const commitSec = sec('minDurationSec');
  const skewSec = sec('skewSec');
  const gapSec = sec('gapSec');
  const count = organizations.length;
  requireRule(
    'config-organizations',
    count >= 1 && count <= MAX_ORGANIZATIONS && new Set(organizations).size === count,
    { field: 'organizations', expected: `1 to ${MAX_ORGANIZATIONS} different MSP ids` },
  );
  const outOfRange = SECONDS.find((name) => sec(name) >= MAX_SEC);
  requireRule('config-fields', outOfRange === undefined, { field: outOfRange });
  requireRule('config-gap', gapSec >= sec('maxFutureSec'), { rule: 'gap >= maxFuture' });
  // Implies maxPast + maxFuture >= 2 skew, without which two honest endorsers need not have a stamp in common.
  requireRule('config-window-commit', sec('maxPastSec') >= 2n * skewSec + commitSec, {
    rule: 'maxPast >= 2 skew + minDuration',
  });
  requireRule('config-durations', commitSec > 0n && sec('maxDurationSec') > commitSec, {
    rule: '0 < minDuration < maxDuration',
  });
  requireRule(
    'config-margin-fabric-first',
    sec('fabricFirstMarginSec') >= 2n * commitSec + skewSec,
    { rule: 'fabricFirstMargin >= 2 minDuration + skew' },
  );
  requireRule(
    'config-margin-ethereum-first',
    sec('ethereumFirstMarginSec') > gapSec + skewSec + 2n * commitSec,
    { rule: 'ethereumFirstMargin > gap + skew + 2 minDuration' },
  );
  requireRule('config-rotate-delay', sec('rotateDelaySec') > 0n, { rule: 'rotateDelay > 0' });
}

function asConfigError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const known =
      isMidlockError(error, 'TERMS_FIELD_INVALID') || isMidlockError(error, 'AMOUNT_INVALID');
    throw known ? new MidlockError('CONFIG_INVALID', error.data) : error;
  }
}
