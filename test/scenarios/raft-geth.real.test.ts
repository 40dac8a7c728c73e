import { tellScenarios } from './tell.ts';

await tellScenarios('scenarios: native Fabric (Raft) with geth', {
  fabric: 'native-raft',
  ethereum: 'geth',
});
