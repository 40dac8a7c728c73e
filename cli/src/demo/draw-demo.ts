import type { DemoResult } from './demo.ts';
import { drawSequence, type SequenceMessage } from './sequence-picture.ts';

const LANES = ['initiator', 'Fabric', 'Ethereum', 'responder'] as const;

/** The first settled swap of a run as a sequence picture with its measured times. Throws when nothing settled. */
export function drawDemo({ swaps, networks }: DemoResult): string {
  const swap =
    swaps.find(({ outcome, interrupted }) => outcome === 'settled' && !interrupted) ??
    swaps.find(({ outcome }) => outcome === 'settled');
  if (swap === undefined) throw new Error('no settled swap to draw');
  const fabricFirst = swap.direction === 'fabric-first';
  const [long, short] = fabricFirst
    ? (['fabric', 'ethereum'] as const)
    : (['ethereum', 'fabric'] as const);
  const lane = { fabric: 'Fabric', ethereum: 'Ethereum' } as const;
  const at = (phase: string) => swap.phasesMs[phase] ?? 0;
  const note = (phase: string) =>
    swap.gas[phase] === undefined
      ? 'any two of three organisations endorse'
      : `${String(swap.gas[phase])} gas`;
  const messages: SequenceMessage[] = [
    {
      from: 'initiator',
      to: lane[long],
      label: 'lock with SHA-256(secret)',
      note: note(`${long}Locked`),
      atMs: at(`${long}Locked`),
    },
    {
      from: lane[long],
      to: 'responder',
      label: 'final, equals the terms',
      atMs: at(`${long}Locked`),
    },
    {
      from: 'responder',
      to: lane[short],
      label: 'lock with the same hash',
      note: note(`${short}Locked`),
      atMs: at(`${short}Locked`),
    },
    { from: lane[short], to: 'initiator', label: 'final, guard holds', atMs: at(`${short}Locked`) },
    {
      from: 'initiator',
      to: lane[short],
      label: 'claim: the secret is out',
      note: note(`${short}Claimed`),
      atMs: at(`${short}Claimed`),
    },
    {
      from: lane[short],
      to: 'responder',
      label: 'secret, at first sight',
      atMs: Math.min(at(`${short}Claimed`), at(`${long}Claimed`)),
    },
    {
      from: 'responder',
      to: lane[long],
      label: 'claim with the secret',
      note: note(`${long}Claimed`),
      atMs: at(`${long}Claimed`),
    },
  ];
  return drawSequence({
    title: `One swap, ${swap.direction}`,
    subtitle: `${networks.fabric.kind} ${networks.fabric.version} and ${networks.ethereum.kind} ${networks.ethereum.version}; times since the plan, measured`,
    lanes: LANES,
    messages,
  });
}
