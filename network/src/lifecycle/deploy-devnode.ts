import type { ChaincodeInForce } from '@midlock/devnode';
import { policyText as signaturePolicyText, parsePolicy } from '@midlock/devnode/msp';
import type { FabricDescription } from '../description.ts';
import { NetworkError } from '../network-error.ts';
import { packageChaincode } from './chaincode-package.ts';
import {
  defaultPolicy,
  encodeCollections,
  encodePolicy,
  FIRST_VERSION,
  requireMeetable,
} from './definition.ts';
import type { LifecycleReport } from './deploy-chaincode.ts';
import type { DeployDescribedOptions } from './deploy-described.ts';
import type { DefinitionChange, LifecycleStep } from './plan.ts';
import { checkServers, type WantedServer } from './servers.ts';

/** What is to stand in the end. */
interface Wanted {
  readonly version: string;
  readonly endorsementPolicy: string;
  readonly changes: readonly DefinitionChange[];
  readonly sequence: number;
  /** Every organisation's endpoint; a chaincode that dials its peer is `register`. */
  readonly endpoints: ChaincodeInForce['endpoints'];
  /** Organisations whose server moves. */
  readonly moved: readonly string[];
}

/**
 * The same deployment on devnode: one administrator, its controls, stands for all organisations.
 * @throws {NetworkError} DESCRIPTION_INVALID, CHAINCODE_UNREACHABLE, PACKAGE_MISMATCH, ENDPOINT_UNREACHABLE, DEPLOY_FAILED.
 */
export async function deployOnDevnode(
  fabric: FabricDescription,
  admin: string,
  options: DeployDescribedOptions,
): Promise<LifecycleReport> {
  const { chaincode: name } = fabric;
  const { dryRun = false, unseenServers = false, onStep = () => undefined } = options;
  if (options.mspIds !== undefined)
    throw new NetworkError(
      'DESCRIPTION_INVALID',
      'devnode has one administrator for all organisations: leave --org away, and name them in --address.',
      { organizations: options.mspIds.join(', ') },
    );
  const inForce = (await call(admin, 'chaincode', { name })) as ChaincodeInForce | null;
  const wanted = wantedOf(fabric, options, inForce);
  const { version, sequence, changes, moved, endpoints } = wanted;
  requireMeetable(encodePolicy(wanted.endorsementPolicy), Object.keys(fabric.organizations));
  if (inForce !== null)
    onStep(`in force: version ${inForce.version}, sequence ${inForce.sequence}`);
  const steps = stepsOf(fabric, wanted, inForce);
  if (!dryRun && steps.length > 0) {
    const isUpgrade = inForce !== null;
    await checkServers(serversOf(wanted, options), { isUpgrade, unseenServers, onStep });
    if (changes.length > 0) {
      const { collections = [] } = options;
      const { endorsementPolicy } = wanted;
      const definition = { name, version, sequence, endorsementPolicy, collections, endpoints };
      await call(admin, 'deployChaincode', definition);
      onStep(`committed: version ${version}, sequence ${sequence}`);
    } else {
      for (const mspId of moved) {
        await call(admin, 'setEndpoint', { chaincode: name, mspId, endpoint: endpoints[mspId] });
        onStep(`${mspId}: its peers dial another server`);
      }
    }
  }
  const isCommitted = !dryRun || changes.length === 0;
  return {
    definition: {
      ...{ name, version, sequence },
      policy: encodePolicy(wanted.endorsementPolicy),
      collections: encodeCollections(options.collections ?? []),
    },
    changes,
    isCommitted,
    steps,
    approvals: Object.fromEntries(
      Object.keys(fabric.organizations).map((mspId) => [mspId, isCommitted]),
    ),
    packageIds: Object.fromEntries(
      Object.entries(endpoints).map(([mspId, endpoint]) => [
        mspId,
        endpoint === 'register' ? endpoint : endpoint.packageId,
      ]),
    ),
  };
}

function wantedOf(
  { chaincode, organizations }: FabricDescription,
  { version, endorsementPolicy, collections, addresses = {}, tls = {} }: DeployDescribedOptions,
  inForce: ChaincodeInForce | null,
): Wanted {
  const mspIds = Object.keys(organizations);
  const next = version ?? inForce?.version ?? FIRST_VERSION;
  const policy =
    endorsementPolicy === undefined
      ? (inForce?.endorsementPolicy ?? defaultPolicy(mspIds))
      : normalized(endorsementPolicy);
  if (collections === undefined && (inForce?.collections ?? []).length > 0)
    throw new NetworkError(
      'DESCRIPTION_INVALID',
      'Its collections are needed: give --collections.',
      {
        collections: inForce?.collections.join(', ') ?? '',
      },
    );
  const changes = changesOf(inForce, next, policy, collections !== undefined);
  const packed = Object.entries(addresses).map(([mspId, address]) => {
    const { id: packageId } = packageChaincode(`${chaincode}_${next}`, address, tls[mspId]);
    const tlsRootCert = tls[mspId]?.rootCertPem;
    const endpoint = { address, packageId, ...(tlsRootCert === undefined ? {} : { tlsRootCert }) };
    return [mspId, endpoint] as const;
  });
  const endpoints = { ...inForce?.endpoints, ...Object.fromEntries(packed) };
  const without = mspIds.filter((mspId) => endpoints[mspId] === undefined);
  if (inForce === null && without.length > 0)
    throw new NetworkError(
      'DESCRIPTION_INVALID',
      'No address of its chaincode server: give --address.',
      { organizations: without.join(', ') },
    );
  const moved = packed
    .filter(([mspId, { packageId }]) => packageId !== packageOf(inForce?.endpoints[mspId]))
    .map(([mspId]) => mspId);
  return {
    version: next,
    endorsementPolicy: policy,
    changes,
    sequence: (inForce?.sequence ?? 0) + (changes.length > 0 ? 1 : 0),
    endpoints,
    moved,
  };
}

function changesOf(
  inForce: ChaincodeInForce | null,
  version: string,
  policy: string,
  hasCollections: boolean,
): readonly DefinitionChange[] {
  if (inForce === null) return ['new'];
  return [
    ...(version === inForce.version ? [] : (['version'] as const)),
    ...(policy === inForce.endorsementPolicy ? [] : (['policy'] as const)),
    ...(hasCollections ? (['collections'] as const) : []),
  ];
}

function packageOf(endpoint: ChaincodeInForce['endpoints'][string] | undefined): string {
  return endpoint === undefined || endpoint === 'register' ? '' : endpoint.packageId;
}

function normalized(policy: string): string {
  // A policy that cannot be read is refused by its text.
  encodePolicy(policy);
  if (policy.startsWith('/'))
    throw new NetworkError('DESCRIPTION_INVALID', "devnode has no policies of the channel's.", {
      policy,
      expected: "e.g. OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
    });
  return signaturePolicyText(parsePolicy(policy));
}

function stepsOf(
  { organizations }: FabricDescription,
  { changes, moved, endpoints }: Wanted,
  inForce: ChaincodeInForce | null,
): readonly LifecycleStep[] {
  const approvals = moved.map((mspId): LifecycleStep => {
    const instead = packageOf(inForce?.endpoints[mspId]);
    const packageId = packageOf(endpoints[mspId]);
    return { kind: 'approve', mspId, packageId, ...(instead === '' ? {} : { instead }) };
  });
  return changes.length === 0
    ? approvals
    : [...approvals, { kind: 'commit', endorsers: Object.keys(organizations) }];
}

function serversOf(
  { moved, endpoints }: Wanted,
  { tls = {} }: DeployDescribedOptions,
): readonly WantedServer[] {
  return moved.flatMap((mspId) => {
    const endpoint = endpoints[mspId];
    if (endpoint === undefined || endpoint === 'register') return [];
    const own = tls[mspId];
    const { address, packageId } = endpoint;
    return [{ mspId, address, packageId, ...(own === undefined ? {} : { tls: own }) }];
  });
}

async function call(admin: string, method: string, params: object): Promise<unknown> {
  let answer: { readonly result?: unknown; readonly error?: { readonly message: string } };
  try {
    const response = await fetch(admin, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    answer = (await response.json()) as typeof answer;
  } catch (error) {
    throw new NetworkError('ENDPOINT_UNREACHABLE', "devnode's controls do not answer.", {
      admin,
      reason: error instanceof Error ? error.message : String(error),
    });
  }
  if (answer.error !== undefined)
    throw new NetworkError('DEPLOY_FAILED', 'devnode refused.', { reason: answer.error.message });
  return answer.result;
}
