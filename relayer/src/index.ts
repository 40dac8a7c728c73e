export {
  API_VERSION,
  allRoutes,
  createApi,
  isLoopback,
  requireTls,
  type ApiOptions,
} from './api/server.ts';
export type { ApiContext } from './api/context.ts';
export { openApiDocument } from './api/openapi.ts';
export type { Route } from './api/route.ts';
export { createToken, type Scope, type TokenRecord } from './api/tokens.ts';
export { relayerSchema, type RelayerConfig } from './config/relayer-schema.ts';
export { createRelayerReducer, relayerDuties } from './core/duties.ts';
export { createDaemon, type Daemon, type DaemonModules, type DaemonOptions } from './daemon.ts';
export { relayerProcess } from './main.ts';
export { createMetrics, type Metrics } from './operations/metrics.ts';
export { createRelayer, outcomeOf, type Relayer, type RelayerOptions } from './relayer.ts';
