import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const require = createRequire(import.meta.url);

interface Compose {
  services: Record<string, { profiles?: string[]; imge?: string }>;
}

const compose = () => parse(readFileSync('docker-compose.yml', 'utf8')) as Compose;

/** The compose specification's schema, as the linter for compose files carries it. */
const schema = JSON.parse(
  readFileSync(
    join(dirname(require.resolve('dclint/package.json')), 'schemas/compose.schema.json'),
    'utf8',
  ),
) as { $schema?: string };

// Its $schema is a URL that no validator knows (draft 7, the default here), and its formats are its own.
const { $schema: _, ...rules } = schema;
const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(rules);

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
