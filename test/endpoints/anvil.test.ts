import { describe } from 'vitest';
import { endpointSuite } from './endpoint-suite.ts';

describe('anvil is an endpoint that Midlock can relay from', () => {
  endpointSuite('anvil', { finalized: (head) => head - 2n, timeGoesOn: false });
});
