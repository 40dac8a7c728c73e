import { describe } from 'vitest';
import { endpointSuite } from './endpoint-suite.ts';

describe("Hardhat's node is an endpoint that Midlock can relay from", () => {
  endpointSuite('hardhat', { finalized: (head) => head, timeGoesOn: false });
});
