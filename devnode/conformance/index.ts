export { ASSETS, ASSETS_LINES, assetsCommand, runAssetsApplication } from './assets.ts';
export { ALL_CASES } from './cases/all.ts';
export type { Plain } from './normalise.ts';
export { runCases, type ConformanceCase, type Recording, type Results } from './suite.ts';
export {
  CHAINCODES,
  CHANNEL,
  EXECUTE_TIMEOUT_MS,
  ORGANIZATIONS,
  probeCommand,
  type Target,
} from './target.ts';
