import { readFileSync } from 'node:fs';
import type { Profile } from './devnode-target.ts';
import type { Recording } from './suite.ts';

/** The profiles of devnode and the version whose recorded answers each is compared with. */
export const RECORDED_VERSIONS: Readonly<Record<Profile, string>> = {
  '3.x': '3.1.5',
  '2.5': '2.5.16',
};

/** The answers of the real network that a profile stands for. */
export function readRecording(profile: Profile): Recording {
  const file = new URL(`./recordings/fabric-${RECORDED_VERSIONS[profile]}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Recording;
}
