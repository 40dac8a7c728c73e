import { readFileSync } from 'node:fs';
import type { CollectionDefinition } from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import { z } from 'zod';

const schema = z.array(
  z.strictObject({
    name: z.string().min(1),
    policy: z.string().min(1),
    requiredPeerCount: z.int().min(0).default(0),
    maxPeerCount: z.int().min(0).default(1),
    blockToLive: z.int().min(0).default(0),
    memberOnlyRead: z.boolean().default(false),
    memberOnlyWrite: z.boolean().default(false),
    endorsementPolicy: z
      .union([
        z.strictObject({ signaturePolicy: z.string().min(1) }),
        z.strictObject({ channelConfigPolicy: z.string().startsWith('/') }),
      ])
      .optional(),
  }),
);

/**
 * Reads a file of private data collections as Fabric's `--collections-config` has it.
 * @throws {MidlockError} CONFIG_INVALID naming the member.
 */
export function readCollections(file: string): readonly CollectionDefinition[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new MidlockError('CONFIG_INVALID', { file, expected: 'JSON' }, { cause });
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const key = issue?.path.map(String).join('.') ?? '';
    throw new MidlockError('CONFIG_INVALID', { file, key, expected: issue?.message ?? '' });
  }
  return result.data.map(({ endorsementPolicy, ...collection }) => ({
    ...collection,
    ...(endorsementPolicy === undefined
      ? {}
      : {
          endorsementPolicy:
            'signaturePolicy' in endorsementPolicy
              ? endorsementPolicy.signaturePolicy
              : endorsementPolicy.channelConfigPolicy,
        }),
  }));
}
