import { readFileSync } from 'node:fs';
import { signReceipt, termsFileToJson } from '@midlock/client';
import { testSigners } from '@midlock/client/testing';
import { swapIdOf } from '@midlock/protocol';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStage, type Stage } from './stage.ts';

interface Schema {
  readonly type?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly schema: Schema;
}

interface Answered {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { 'application/json': { schema: object } } };
  readonly responses: Readonly<Record<string, Answered>>;
}

const document = JSON.parse(
  readFileSync(new URL('../../relayer/openapi.json', import.meta.url), 'utf8'),
) as {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Answered> };
};
const operations = Object.entries(document.paths).flatMap(([path, place]) =>
  Object.entries(place).map(([method, operation]) => ({ path, method, operation })),
);

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ ...document, $id: 'api' });
const compiled = new WeakMap<object, ValidateFunction>();

function fits(schema: object, value: unknown): boolean {
  const known = compiled.get(schema);
  const text = JSON.stringify(schema).replaceAll('"#/', '"api#/');
  const validate = known ?? ajv.compile(JSON.parse(text) as object);
  compiled.set(schema, validate);
  return validate(value);
}

const RUNS = 60;
const FITTING = Symbol('fitting');
const UNLIMITED = 1_000_000_000;
let stage: Stage;
let letter: unknown;
let receipt: unknown;
let seeds: readonly string[];

beforeAll(async () => {
  stage = await startStage({
    limits: {
      readsPerMinute: UNLIMITED,
      writesPerMinute: UNLIMITED,
      maxRequestsPerConnection: UNLIMITED,
    },
  });
  const file = await stage.file(1);
  letter = termsFileToJson(file);
  await stage.take(file);
  const account = (letter as { terms: { fabric: { owner: string } } }).terms.fabric.owner;
  receipt = await signReceipt(
    account,
    [`${'0'.repeat(16)}-${'a'.repeat(16)}`],
    testSigners(0).fabric,
  );
  seeds = [swapIdOf(file.terms), account, '0', '1', '50', 'true', 'planned', 'fabric-first', ''];
});
afterAll(() => stage.close());

/** A text that is often right for some parameter, and often nearly. */
const texts = fc.oneof(
  fc.nat({ max: 8 }).map((index) => seeds[index] ?? ''),
  fc.constantFrom(
    '-1',
    '1e3',
    ' 1',
    '0x10',
    '9007199254740993',
    'null',
    '__proto__',
    '%00',
    '../..',
  ),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

/** For a parameter: what fits it, nothing, or any text. */
const choices = fc.oneof(
  { weight: 4, arbitrary: fc.constant(FITTING) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: texts },
);

function chosen(
  choice: string | typeof FITTING | undefined,
  { schema }: Parameter,
): string | undefined {
  return choice === FITTING ? seeds.find((text) => fits(schema, meant(text, schema))) : choice;
}

/** How a body is changed: at a place of its tree something is taken away, put in or replaced. */
const changes = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'add'),
    value: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('0', '0x00', '__proto__')),
  }),
  { maxLength: 2 },
);

interface Change {
  readonly at: number;
  readonly how: string;
  readonly value: unknown;
}

function changed(body: unknown, all: readonly Change[]): unknown {
  const copy = structuredClone(body) as Record<string, unknown>;
  for (const { at, how, value } of all) {
    const places = placesOf(copy);
    const [parent, key] = places[at % places.length] ?? [copy, 'version'];
    if (how === 'remove') Reflect.deleteProperty(parent, key);
    else parent[how === 'add' ? `${key}x` : key] = value;
  }
  return copy;
}

function placesOf(value: Record<string, unknown>): (readonly [Record<string, unknown>, string])[] {
  return Object.entries(value).flatMap(([key, member]) => [
    [value, key] as const,
    ...(typeof member === 'object' && member !== null
      ? placesOf(member as Record<string, unknown>)
      : []),
  ]);
}

/** What a text of the URL means where the document wants a number. */
function meant(text: string, { type }: Schema): unknown {
  return type === 'integer' && /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : text;
}

describe.each(operations)('$method $path', ({ path, method, operation }) => {
  const own = (operation.parameters ?? []).filter((one) => one.in !== 'header');

  it('answers each request, right or wrong, as the document says', async () => {
    const tally = { right: 0, wrong: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(choices, { minLength: own.length, maxLength: own.length }),
        changes,
        async (given, how) => {
          const query = new URLSearchParams();
          let url = path;
          let right = true;
          own.forEach((parameter, index) => {
            const text = chosen(given[index], parameter);
            if (parameter.in === 'path')
              url = url.replace(`{${parameter.name}}`, encodeURIComponent(text ?? 'x'));
            else if (text !== undefined) query.set(parameter.name, text);
            const value = parameter.in === 'path' ? (text ?? 'x') : text;
            if (value === undefined) right &&= !parameter.required;
            else right &&= fits(parameter.schema, meant(value, parameter.schema));
          });
          const schema = operation.requestBody?.content['application/json'].schema;
          const base =
            { drain: { a: {} }, acknowledgeLetters: receipt }[operation.operationId] ?? letter;
          const body = schema === undefined ? undefined : changed(base, how);
          if (schema !== undefined) right &&= fits(schema, body);
          const answer = await fetch(`${stage.apiUrl}${url}?${query.toString()}`, {
            method,
            ...(body === undefined
              ? {}
              : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
          });
          tally[right ? 'right' : 'wrong'] += 1;
          const routed = !/\/(?:\.{1,2}|)(?:\/|$)/.test(url);
          if (routed) await checkAnswer(answer, operation, right);
          else await answer.body?.cancel();
        },
      ),
      { numRuns: RUNS, seed: 5 },
    );
    expect(tally.right).toBeGreaterThan(0);
    if (own.length > 0 || operation.requestBody !== undefined)
      expect(tally.wrong).toBeGreaterThan(0);
  });
});

async function checkAnswer(answer: Response, operation: Operation, right: boolean): Promise<void> {
  const { status, headers } = answer;
  expect(status).not.toBe(500);
  // What does not fit the document is refused as such, and nothing that fits is; an id may be unknown all the same.
  if (operation.operationId !== 'streamEvents')
    expect([status, status !== 400]).toEqual([status, right]);
  const said = operation.responses[String(status)];
  expect(said, `undocumented status ${String(status)}`).toBeDefined();
  const { content = {} } =
    said?.$ref === undefined ? (said ?? {}) : (document.components.responses[String(status)] ?? {});
  const type = (headers.get('content-type') ?? '').split(';')[0] ?? '';
  expect(Object.keys(content)).toContain(type);
  expect(headers.get('cache-control')).toBe('no-store');
  if (type === 'text/event-stream') await answer.body?.cancel();
  else expect(fits(content[type]?.schema ?? {}, await answer.json())).toBe(true);
}
