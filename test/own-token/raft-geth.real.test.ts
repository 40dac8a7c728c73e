import { tellTokenSwaps } from './tell-token-swaps.ts';

await tellTokenSwaps('own token: native Fabric (Raft) with geth', {
  fabric: 'native-raft',
  ethereum: 'geth',
});
