import { NetworkError } from '../network-error.ts';
import { requireMeetable, type EncodedDefinition } from './definition.ts';
import {
  observe,
  packageOf,
  type LifecycleOrganization,
  type Observation,
  type ObserveOptions,
} from './observe.ts';
import { retryTransient } from './retry-transient.ts';
import { planLifecycle, type DefinitionChange, type LifecycleStep } from './plan.ts';
import { translated } from './refusals.ts';
import { approveChaincode, commitChaincode, installChaincode } from './requests.ts';
import { awaitServers, checkServers, type WantedServer } from './servers.ts';

const SERVER_TIMEOUT_MS = 15_000;

export interface LifecycleOptions extends ObserveOptions {
  /** How many approvals of n organisations are enough to commit; default all. */
  readonly quorum?: (organizations: number) => number;
  /** Ask, plan and change nothing. */
  readonly dryRun?: boolean;
  /** Commit an upgrade although a chaincode server cannot be seen from here. */
  readonly unseenServers?: boolean;
  /** Called with each thing that was found standing or was done. */
  readonly onStep?: (line: string) => void;
}

/** How a deployment stands when it ends. */
export interface LifecycleReport {
  readonly definition: EncodedDefinition;
  readonly changes: readonly DefinitionChange[];
  readonly isCommitted: boolean;
  /** What was done; of a dry run, what would be. */
  readonly steps: readonly LifecycleStep[];
  /** All organisations of the channel: whether each approved this definition. */
  readonly approvals: Readonly<Record<string, boolean>>;
  /** Package id by MSP id, of the administrators at hand. */
  readonly packageIds: Readonly<Record<string, string>>;
}

/**
 * Brings a chaincode definition into force through the peers' own lifecycle, as far as the administrators at hand can:
 * installs and approves for their organisations, commits once all organisations of the channel approved, and waits for
 * their chaincode servers. What stands already is left, so that the same call after an interruption goes on where the
 * last one stopped.
 * @throws {NetworkError} ENDPOINT_UNREACHABLE, ADMIN_REFUSED, PACKAGE_MISMATCH, SEQUENCE_MISMATCH, APPROVAL_MISSING,
 * CHAINCODE_UNREACHABLE, DEPLOY_FAILED.
 */
export async function deployThroughLifecycle(options: LifecycleOptions): Promise<LifecycleReport> {
  const { channel, organizations, onStep = () => undefined } = options;
  const plan = (seen: Observation): readonly LifecycleStep[] =>
    planLifecycle(seen, options.quorum?.(Object.keys(seen.approvals).length));
  const before = await observe(options);
  if (!before.isCommitted) requireMeetable(before.definition.policy, Object.keys(before.approvals));
  tellWhatStands(before, onStep);
  const steps = plan(before);
  if (options.dryRun === true) return reportOf(before, before, steps);
  for (const step of steps) {
    if (step.kind === 'install')
      onStep(await install(named(organizations, step.mspId), before.definition, step.peer));
  }
  const { unseenServers = false } = options;
  // An approval may be what brings the definition into force: the next organisation only has to commit.
  if (steps.some(({ kind }) => kind === 'approve' || kind === 'commit'))
    await checkServers(wantedServers(organizations, before), {
      isUpgrade: !before.changes.includes('new'),
      unseenServers,
      onStep,
    });
  for (const step of steps) {
    if (step.kind === 'approve')
      onStep(
        await approve(named(organizations, step.mspId), channel, before.definition, step.packageId),
      );
  }
  // Others may have approved meanwhile: whoever approves last sees all approvals and commits.
  const between = steps.some(({ kind }) => kind === 'approve') ? await observe(options) : before;
  const own = steps.filter(({ kind }) => kind === 'install' || kind === 'approve');
  const last = plan(between).at(-1);
  if (last?.kind !== 'commit') {
    if (between.isCommitted) await awaitServers(channel, organizations, between, SERVER_TIMEOUT_MS);
    return reportOf(before, between, last === undefined ? own : [...own, last]);
  }
  await commit(options, between.definition, last.endorsers);
  const after = await observe(options);
  if (!after.isCommitted)
    throw new NetworkError('SEQUENCE_MISMATCH', 'Another definition was committed meanwhile.', {
      sequence: between.definition.sequence,
    });
  const { version, sequence } = after.definition;
  onStep(`committed: version ${version}, sequence ${sequence}`);
  await awaitServers(channel, organizations, after, SERVER_TIMEOUT_MS);
  return reportOf(before, after, [...own, last]);
}

function wantedServers(
  organizations: readonly LifecycleOrganization[],
  { organizations: answers }: Observation,
): readonly WantedServer[] {
  return organizations.flatMap(({ mspId, server }) => {
    const packageId = answers.find((answer) => answer.mspId === mspId)?.packageId ?? '';
    return server === undefined ? [] : [{ mspId, packageId, ...server }];
  });
}

function reportOf(
  { changes }: Observation,
  { definition, isCommitted, approvals, organizations }: Observation,
  steps: readonly LifecycleStep[],
): LifecycleReport {
  const packageIds = Object.fromEntries(
    organizations.map(({ mspId, packageId }) => [mspId, packageId]),
  );
  return { definition, changes, isCommitted, steps, approvals, packageIds };
}

function tellWhatStands(
  { definition: { version, sequence }, isCommitted, organizations, approvals }: Observation,
  onStep: (line: string) => void,
): void {
  for (const { mspId, peers, packageId, approved } of organizations) {
    const stands = [
      ...(peers.every(({ installed }) => installed) ? ['installed'] : []),
      ...(approvals[mspId] === true && approved?.packageId === packageId ? ['approved'] : []),
    ];
    if (stands.length > 0) onStep(`${mspId}: ${stands.join(', ')}, sequence ${sequence}`);
  }
  if (isCommitted) onStep(`in force: version ${version}, sequence ${sequence}`);
}

function named(
  organizations: readonly LifecycleOrganization[],
  mspId: string,
): LifecycleOrganization {
  const found = organizations.find((organization) => organization.mspId === mspId);
  if (found === undefined) throw new TypeError(`no organisation ${mspId}`);
  return found;
}

async function install(
  organization: LifecycleOrganization,
  definition: EncodedDefinition,
  name: string,
): Promise<string> {
  const { mspId } = organization;
  const peer = organization.peers.find((candidate) => candidate.name === name);
  const packed = packageOf(organization, definition);
  if (peer === undefined || packed === undefined) {
    throw new NetworkError(
      'PACKAGE_MISMATCH',
      'A peer lacks the package of its organisation; give --address, so that it can be packed again.',
      { organization: mspId, peer: name },
    );
  }
  const id = await translated({ mspId, address: peer.address, step: 'install' }, () =>
    installChaincode(peer.client, packed),
  );
  if (id !== packed.id) {
    throw new NetworkError('PACKAGE_MISMATCH', 'The peer gives the package another id.', {
      organization: mspId,
      expected: packed.id,
      actual: id,
    });
  }
  return `${mspId}: installed ${packed.label} on ${name}`;
}

async function approve(
  { mspId, peers: [{ address, client }] }: LifecycleOrganization,
  channel: string,
  definition: EncodedDefinition,
  packageId: string,
): Promise<string> {
  await translated({ mspId, address, step: 'approve' }, () =>
    retryTransient(`${mspId} approving`, () =>
      approveChaincode(client, mspId, channel, definition, packageId),
    ),
  );
  return `${mspId}: approved version ${definition.version}, sequence ${definition.sequence}`;
}

async function commit(
  { organizations: [first], channel }: LifecycleOptions,
  definition: EncodedDefinition,
  endorsers: readonly string[],
): Promise<void> {
  if (first === undefined) return;
  const {
    mspId,
    peers: [{ address, client }],
  } = first;
  await translated({ mspId, address, step: 'commit' }, () =>
    retryTransient('commit', () => commitChaincode(client, endorsers, channel, definition)),
  );
}
