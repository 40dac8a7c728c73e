import { tellRobberies } from './tell.ts';

await tellRobberies('veto of one of two: native Fabric (Raft) with geth', {
  fabric: 'native-raft',
  ethereum: 'geth',
});
