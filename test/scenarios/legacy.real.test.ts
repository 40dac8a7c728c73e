import { SCENARIOS } from './scenarios.ts';
import { tellSome } from './tell.ts';

await tellSome(
  'scenarios: native Fabric without Gateway service (legacy client) with anvil',
  { fabric: 'native-raft', ethereum: 'anvil', gateway: false },
  SCENARIOS.filter(({ title }) =>
    ['a swap each way settles', "one organisation's peer is down, each in its turn"].includes(
      title,
    ),
  ),
);
