import { readFileSync } from 'node:fs';
import {
  deployDescribed,
  majorityOf,
  policyEndorsements,
  policyText,
  type FabricDescription,
  type LifecycleReport,
  type LifecycleStep,
} from '@midlock/network';
import { MidlockError, type SwapProfile } from '@midlock/protocol';
import { readCollections } from '../networks/collections-file.ts';
import { deployFabric } from '../networks/deploy-fabric.ts';
import { table, type Output } from '../output.ts';

/** What `midlock deploy fabric` can be told beside the network and the profile. */
export interface DeployFabricOptions {
  readonly network: string;
  readonly org?: readonly string[];
  readonly admin?: string;
  readonly version?: string;
  readonly policy?: string;
  readonly address?: readonly string[];
  readonly chaincodeCa?: readonly string[];
  readonly collections?: string;
  readonly commitBy?: string;
  readonly unseenServers?: boolean;
  readonly dryRun?: boolean;
  /** `--no-init`. */
  readonly init?: boolean;
}

/**
 * Brings the chaincode into force through the peers' own lifecycle, as far as the administrators in the description
 * can, and initialises it. Whatever stands is left.
 */
export async function deployChaincode(
  fabric: FabricDescription,
  profile: SwapProfile,
  options: DeployFabricOptions,
  output: Output,
): Promise<{ readonly result: Record<string, unknown>; readonly text: string }> {
  const { org, admin, version, policy, dryRun = false, init = true } = options;
  const addresses = perOrganization(fabric, '--address', options.address);
  const authorities = perOrganization(fabric, '--chaincode-ca', options.chaincodeCa);
  const report = await deployDescribed(fabric, {
    ...(org === undefined ? {} : { mspIds: org }),
    ...(admin === undefined ? {} : { admin }),
    ...(version === undefined ? {} : { version }),
    ...(policy === undefined ? {} : { endorsementPolicy: policy }),
    ...(options.collections === undefined
      ? {}
      : { collections: readCollections(options.collections) }),
    ...(commitBy(options.commitBy) === 'majority' ? { quorum: majorityOf } : {}),
    addresses,
    tls: Object.fromEntries(
      Object.entries(authorities).map(([mspId, file]) => [
        mspId,
        { rootCertPem: readFileSync(file, 'utf8') },
      ]),
    ),
    unseenServers: options.unseenServers === true,
    dryRun,
    onStep: (line) => {
      output.progress(line);
    },
  });
  const networkId =
    report.isCommitted && init && !dryRun
      ? await initialize(fabric, profile, report, admin, output)
      : undefined;
  return {
    result: { ...toResult(report, dryRun), ...(networkId === undefined ? {} : { networkId }) },
    text: render(report, options, fabric, networkId),
  };
}

async function initialize(
  fabric: FabricDescription,
  profile: SwapProfile,
  { definition, packageIds }: LifecycleReport,
  admin: string | undefined,
  output: Output,
): Promise<string> {
  const endorsements = policyEndorsements(definition.policy);
  const [mspId] = Object.keys(packageIds);
  output.progress('initialising; a configuration that stands is left');
  return deployFabric(fabric, profile, {
    ...(endorsements === undefined ? {} : { endorsements }),
    ...(mspId === undefined ? {} : { mspId }),
    ...(admin === undefined ? {} : { admin }),
  });
}

/** `value` for all organisations, or `MspId=value` for one; the latter wins. */
export function perOrganization(
  { organizations }: Pick<FabricDescription, 'organizations'>,
  argument: string,
  values: readonly string[] = [],
): Readonly<Record<string, string>> {
  const known = Object.keys(organizations);
  const named = values.filter((value) => value.includes('='));
  const general = values.filter((value) => !value.includes('='));
  if (general.length > 1)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument,
      expected: 'one value for all organisations, or <MspId>=<value> for each',
    });
  const [all] = general;
  const pairs = named.map((value): readonly [string, string] => {
    const at = value.indexOf('=');
    return [value.slice(0, at), value.slice(at + 1)];
  });
  const stranger = pairs.find(([mspId]) => !known.includes(mspId));
  if (stranger !== undefined)
    throw new MidlockError('ARGUMENT_INVALID', {
      argument,
      unknown: stranger[0],
      expected: known.join(', '),
    });
  return Object.fromEntries([
    ...(all === undefined ? [] : known.map((mspId) => [mspId, all] as const)),
    ...pairs,
  ]);
}

function commitBy(value = 'all'): 'all' | 'majority' {
  if (value === 'all' || value === 'majority') return value;
  throw new MidlockError('ARGUMENT_INVALID', {
    argument: '--commit-by',
    expected: 'all or majority',
  });
}

function toResult(report: LifecycleReport, dryRun: boolean): Record<string, unknown> {
  const { definition, changes, isCommitted, approvals, packageIds, steps } = report;
  return {
    chaincode: definition.name,
    version: definition.version,
    sequence: definition.sequence,
    policy: policyText(definition.policy),
    changes,
    committed: isCommitted,
    approvals,
    packageIds,
    ...(dryRun ? { wouldDo: steps } : { done: steps.filter(({ kind }) => kind !== 'wait') }),
    waitingFor: waitingFor(steps),
  };
}

function waitingFor(steps: readonly LifecycleStep[]): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'wait' ? step.mspIds : []));
}

function render(
  report: LifecycleReport,
  { dryRun = false }: DeployFabricOptions,
  fabric: FabricDescription,
  networkId: string | undefined,
): string {
  const { definition, approvals, packageIds, steps } = report;
  const waiting = waitingFor(steps);
  return [
    `${definition.name} ${definition.version}, sequence ${definition.sequence}: ${stateOf(report, dryRun)}`,
    `policy: ${policyText(definition.policy)}`,
    '',
    table([
      ['organisation', 'approved', 'CHAINCODE_ID of its server'],
      ...Object.entries(approvals).map(([mspId, approved]) => [
        mspId,
        approved ? 'yes' : 'not yet',
        packageIds[mspId] ?? '(its own administrator knows)',
      ]),
    ]),
    ...(dryRun ? ['', 'Would do:', ...steps.map((step) => `  ${stepText(step)}`)] : []),
    ...(waiting.length === 0 ? [] : waitingNote(waiting, report)),
    ...(networkId === undefined ? [] : ['', `networkId: ${networkId}`]),
    ...vetoNote(fabric, definition.policy),
  ].join('\n');
}

/** What the other organisations have to do, in words that can be sent to them. */
function waitingNote(
  waiting: readonly string[],
  { definition, changes }: LifecycleReport,
): readonly string[] {
  const policy = changes.some((change) => change === 'new' || change === 'policy')
    ? ` --policy "${policyText(definition.policy)}"`
    : '';
  return [
    '',
    `Waiting for ${waiting.join(', ')}. Each of their administrators runs this; the last one commits:`,
    `  midlock deploy fabric --network network.json --org <its MSP id> --address <its chaincode server> --version ${definition.version}${policy}`,
  ];
}

function stateOf({ isCommitted, steps }: LifecycleReport, dryRun: boolean): string {
  if (dryRun) return steps.length === 0 ? 'stands; nothing to do' : 'dry run, nothing was changed';
  return isCommitted ? 'in force' : 'approved here, not in force yet';
}

function stepText(step: LifecycleStep): string {
  switch (step.kind) {
    case 'install':
      return `install ${step.packageId} on ${step.peer} (${step.mspId})`;
    case 'approve':
      return `approve for ${step.mspId}${step.instead === undefined ? '' : ` instead of ${step.instead}`}`;
    case 'commit':
      return `commit, endorsed by ${step.endorsers.join(', ')}`;
    case 'wait':
      return `wait for ${step.mspIds.join(', ')}`;
  }
}

/** Two organisations that must both endorse can freeze each other's locks. */
function vetoNote({ organizations }: FabricDescription, policy: Uint8Array): readonly string[] {
  const count = Object.keys(organizations).length;
  if (count < 2 || policyEndorsements(policy) !== count) return [];
  return [
    '',
    'note: every organisation must endorse, so that each can freeze all locks; any 2 of 3 with a neutral one is sound.',
  ];
}
