import { createRequire } from 'node:module';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

// Hardhat compiles with the compiler of the npm package (nothing is downloaded) and runs a node under Osaka rules.
export default defineConfig({
  paths: {
    sources: './contracts',
    artifacts: './artifacts',
    cache: './cache/hardhat',
    tests: './test/forge',
  },
  solidity: {
    compilers: [
      {
        version: '0.8.37',
        path: require.resolve('solc/soljson.js'),
        settings: {
          evmVersion: 'osaka',
          viaIR: true,
          optimizer: { enabled: true, runs: 1_000_000 },
        },
      },
    ],
  },
  networks: {
    local: { type: 'edr-simulated', chainType: 'l1', hardfork: 'osaka' },
  },
});
