import { writeFileSync } from 'node:fs';
import { API_VERSION, allRoutes, openApiDocument, type ApiContext } from '../src/index.ts';

// Routes are described, never called: nothing of the context is used.
const routes = allRoutes({} as ApiContext);
const path = new URL('../openapi.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(openApiDocument(routes, API_VERSION), undefined, 2)}\n`);
