import type { EncodedDefinition } from './definition.ts';
import type { ApprovedDefinition, CommittedDefinition } from './requests.ts';

/** What is to be in force in the end; the sequence follows from what stands. */
export type WantedDefinition = Omit<EncodedDefinition, 'sequence'>;

/** What differs between a wanted definition and the one in force. */
export type DefinitionChange = 'new' | 'version' | 'policy' | 'collections';

/**
 * The sequence under which a wanted definition is approved: that of the definition in force when they agree, otherwise
 * the next. An organisation's package is its own: it changes without a new sequence.
 */
export function sequenceOf(
  wanted: WantedDefinition,
  committed: CommittedDefinition | undefined,
): { readonly sequence: number; readonly changes: readonly DefinitionChange[] } {
  if (committed === undefined) return { sequence: 1, changes: ['new'] };
  const changes: DefinitionChange[] = [];
  if (wanted.version !== committed.version) changes.push('version');
  if (!sameBytes(wanted.policy, committed.policy)) changes.push('policy');
  if (!sameBytes(wanted.collections, committed.collections)) changes.push('collections');
  return { sequence: committed.sequence + (changes.length > 0 ? 1 : 0), changes };
}

/** What the peers of one organisation, whose administrator is at hand, answered. */
export interface OrganizationAnswers {
  readonly mspId: string;
  /** The package that it is to run. */
  readonly packageId: string;
  /** Whether each of its peers has that package. */
  readonly peers: readonly { readonly name: string; readonly installed: boolean }[];
  /** What it approved for the sequence in question. */
  readonly approved: ApprovedDefinition | undefined;
}

/** Everything that decides which steps are left. */
export interface LifecycleAnswers {
  readonly definition: EncodedDefinition;
  /** Whether the definition is in force. */
  readonly isCommitted: boolean;
  /** Organisations whose administrators are at hand. */
  readonly organizations: readonly OrganizationAnswers[];
  /** All organisations of the channel: whether each approved exactly this definition. */
  readonly approvals: Readonly<Record<string, boolean>>;
}

export type LifecycleStep =
  | {
      readonly kind: 'install';
      readonly mspId: string;
      readonly peer: string;
      readonly packageId: string;
    }
  | {
      readonly kind: 'approve';
      readonly mspId: string;
      readonly packageId: string;
      /** The package that its approval of the same definition names until now. */
      readonly instead?: string;
    }
  | { readonly kind: 'commit'; readonly endorsers: readonly string[] }
  /** Nothing can be done here until these organisations approve. */
  | { readonly kind: 'wait'; readonly mspIds: readonly string[] };

/**
 * The steps that are left between what the peers answered and a definition in force: nothing is done twice, so that a
 * deployment that stopped anywhere goes on from there. `quorum`: how many organisations' approvals are enough to
 * commit; default all of the channel.
 */
export function planLifecycle(
  { definition, isCommitted, organizations, approvals }: LifecycleAnswers,
  quorum?: number,
): readonly LifecycleStep[] {
  const installs = organizations.flatMap(({ mspId, packageId, peers }) =>
    peers
      .filter(({ installed }) => !installed)
      .map(({ name }) => ({ kind: 'install', mspId, peer: name, packageId }) as const),
  );
  const approves = organizations.flatMap(({ mspId, packageId, approved }) => {
    const agrees = approved !== undefined && sameDefinition(approved, definition);
    if (agrees && approved.packageId === packageId) return [];
    const instead = agrees ? { instead: approved.packageId } : {};
    return [{ kind: 'approve', mspId, packageId, ...instead } as const];
  });
  if (isCommitted) return [...installs, ...approves];
  const own = new Set(organizations.map(({ mspId }) => mspId));
  const members = Object.keys(approvals);
  const missing = members.filter((mspId) => approvals[mspId] !== true && !own.has(mspId));
  const approved = members.filter((mspId) => !missing.includes(mspId));
  const last: LifecycleStep =
    approved.length >= (quorum ?? members.length)
      ? { kind: 'commit', endorsers: approved }
      : { kind: 'wait', mspIds: missing };
  return [...installs, ...approves, last];
}

/** How many of n organisations Fabric's default LifecycleEndorsement, MAJORITY, asks for. */
export function majorityOf(organizations: number): number {
  return Math.floor(organizations / 2) + 1;
}

function sameDefinition(a: EncodedDefinition, b: EncodedDefinition): boolean {
  return (
    a.version === b.version &&
    a.sequence === b.sequence &&
    sameBytes(a.policy, b.policy) &&
    sameBytes(a.collections, b.collections)
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, index) => octet === b[index]);
}
