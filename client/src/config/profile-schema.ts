import { PROFILES, checkProfile, type SwapProfile } from '@midlock/protocol';
import { z } from 'zod';

const seconds = z
  .union([z.int().min(0), z.string().regex(/^\d{1,9}$/)])
  .transform((value) => BigInt(value));

const figures = z.strictObject({
  name: z.string().min(1).max(64),
  fabric: z.strictObject({
    commitSec: seconds,
    maxPastSec: seconds,
    maxFutureSec: seconds,
    gapSec: seconds,
  }),
  ethereum: z.strictObject({ inclusionSec: seconds, finalitySec: seconds, reorgSpanSec: seconds }),
  party: z.strictObject({
    observeSec: seconds,
    skewSec: seconds,
    thrownOut: seconds,
    resentByOthers: z.boolean(),
  }),
});

/** A profile by name (`development`, `testnet`, `mainnet-like`) or as figures in seconds. Refuses one that contradicts itself. */
export const profileSchema = z
  .union([z.enum(PROFILES.map(({ name }) => name) as [string, ...string[]]), figures])
  .transform((value): SwapProfile => {
    const profile = typeof value === 'string' ? PROFILES.find(({ name }) => name === value) : value;
    if (profile === undefined) throw new RangeError('unknown profile');
    checkProfile(profile);
    return profile;
  });
