import type { Profile } from './devnode-target.ts';

/**
 * Cases in which devnode is known to answer otherwise than a real peer, by profile, each with its reason. The test
 * fails when a case that stands here agrees, so that the list only ever shrinks to what is true; README.md's table is
 * made from it.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<Profile, Readonly<Record<string, string>>>> = {
  '3.x': {},
  '2.5': {},
};
