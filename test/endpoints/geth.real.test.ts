import { describe } from 'vitest';
import { isAvailable } from '../scenarios/parts.ts';
import { endpointSuite } from './endpoint-suite.ts';

const available = await isAvailable('endpoint suite on geth', {
  fabric: 'devnode',
  ethereum: 'geth',
});

describe.skipIf(!available)('geth is an endpoint that Midlock can relay from', () => {
  endpointSuite('geth', { finalized: (head) => head - (head % 32n), timeGoesOn: true });
});
