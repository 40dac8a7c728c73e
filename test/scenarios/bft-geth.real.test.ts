import { tellScenarios } from './tell.ts';

await tellScenarios('scenarios: native Fabric (BFT) with geth', {
  fabric: 'native-bft',
  ethereum: 'geth',
});
