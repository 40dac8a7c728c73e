import { z } from 'zod';
import type { Route } from './route.ts';
import { idempotencyKey, problemSchema } from './schemas.ts';

type Json = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of a table of routes; pure, so that the committed file can be compared. A relayer that has tokens
 * serves it with `withTokens`: then each call needs one.
 */
export function openApiDocument(
  routes: readonly Route[],
  version: string,
  withTokens = false,
): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const place = (paths[route.path] ??= {});
    place[route.method.toLowerCase()] = operation(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Midlock relayer',
      version,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:4600' }],
    security: withTokens ? [{ bearer: [] }] : [{ bearer: [] }, {}],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'Needed where tokens are configured, always beyond loopback.',
        },
      },
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
      responses: problemResponses(),
    },
  };
}

function operation(route: Route): Json {
  const { headers = {}, repeated, body } = route;
  const parameters = [
    ...parametersOf(route.params, 'path'),
    ...parametersOf(route.query, 'query'),
    ...headerParameters(route),
  ];
  const done = (description: string): Json => ({
    description,
    headers: {
      'Cache-Control': header('Always no-store.'),
      ...Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, header(text)])),
    },
    content: {
      [route.mediaType ?? 'application/json']: { schema: jsonSchema(route.response, 'output') },
    },
  });
  return {
    operationId: route.operationId,
    summary: route.summary,
    'x-scope': route.scope,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: jsonSchema(body, 'input') } },
          },
        }),
    responses: {
      [route.status]: done('Done.'),
      ...(repeated === undefined ? {} : { [repeated]: done('Done before; nothing changed.') }),
      ...Object.fromEntries(
        refusalsOf(route).map((status) => [
          status,
          { $ref: `#/components/responses/${String(status)}` },
        ]),
      ),
    },
  };
}

/** What each status of a refusal says. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request does not fit this document.',
  401: 'A valid token is missing.',
  403: "The token's scope does not cover this, or the request comes from a web page.",
  404: 'There is no such swap.',
  405: 'The method is not one of this path.',
  408: 'The request did not arrive in time.',
  409: 'The Idempotency-Key belongs to another request.',
  413: 'The body is too large.',
  414: 'The path and query are too long.',
  415: 'The body is not JSON, or it is compressed.',
  422: 'The request fits this document, but not the rules: a signature, an amount, terms.',
  429: 'Too many requests of this address or token.',
  431: 'The headers are too large or too many.',
  500: 'A mistake of the relayer.',
  507: 'The mailbox is full, for this recipient or in all.',
  503: 'Too much work is open, the relayer drains, or its store or a ledger does not answer.',
};
const ALWAYS = [400, 401, 403, 408, 414, 415, 429, 431, 500, 503];

function refusalsOf({ body, refusals = [] }: Route): number[] {
  return [...ALWAYS, ...(body === undefined ? [] : [413, 422]), ...refusals].sort((a, b) => a - b);
}

function problemResponses(): Json {
  const schema = { $ref: '#/components/schemas/Problem' };
  return Object.fromEntries(
    Object.entries(REFUSALS).map(([status, description]) => [
      status,
      {
        description,
        headers: {
          'Cache-Control': header('Always no-store.'),
          ...(['429', '503', '507'].includes(status)
            ? { 'Retry-After': header('Seconds to wait.', { type: 'integer', minimum: 1 }) }
            : {}),
          ...(status === '401' ? { 'WWW-Authenticate': header('Always Bearer.') } : {}),
          ...(status === '405' ? { Allow: header('The methods of this path.') } : {}),
        },
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

function header(description: string, schema: Json = { type: 'string' }): Json {
  return { description, required: true, schema };
}

function headerParameters({ idempotent = false, requestHeaders = {} }: Route): Json[] {
  const all = { ...(idempotent ? { 'Idempotency-Key': idempotencyKey } : {}), ...requestHeaders };
  return Object.entries(all).map(([name, schema]) => ({
    name,
    in: 'header',
    required: false,
    schema: jsonSchema(schema, 'input'),
  }));
}

function parametersOf(schema: z.ZodObject | undefined, where: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const described = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return Object.fromEntries(Object.entries(described).filter(([name]) => name !== '$schema'));
}
