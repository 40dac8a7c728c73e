import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { describe, expect, it } from 'vitest';
import { LIMITS_BEGIN, LIMITS_END, withLimitsTable } from './limits-table.ts';
import { relayerLimits, relayerSchema } from './relayer-schema.ts';

describe('the bounds of a relayer', () => {
  it('stand in docs/operations.md as they are (after a change: relayer/scripts/write-limits.ts)', () => {
    const url = new URL('../../../docs/operations.md', import.meta.url);
    const document = readFileSync(url, 'utf8');
    expect(document).toContain(LIMITS_BEGIN);
    expect(document).toContain(LIMITS_END);
    expect(document).toBe(withLimitsTable(document));
  });

  it('are in the JSON Schema of the configuration, each with a default and a text', () => {
    const { properties } = z.toJSONSchema(relayerSchema, {
      io: 'input',
      unrepresentable: 'any',
    }) as unknown as {
      properties: { limits: { properties: Record<string, object>; additionalProperties: boolean } };
    };
    expect(properties.limits.additionalProperties).toBe(false);
    expect(Object.keys(properties.limits.properties)).toEqual(Object.keys(relayerLimits.shape));
    for (const limit of Object.values(properties.limits.properties))
      expect(limit).toMatchObject({
        type: 'integer',
        minimum: 1,
        default: expect.any(Number) as number,
        description: expect.stringMatching(/\w/) as string,
      });
  });

  it('are those that were promised', () => {
    expect(relayerLimits.parse({})).toMatchObject({
      tokenReadsPerMinute: 600,
      tokenWritesPerMinute: 60,
      maxBodyBytes: 64 * 1024,
      maxJsonDepth: 16,
      requestMs: 10_000,
      maxConnectionsPerAddress: 100,
    });
  });
});
