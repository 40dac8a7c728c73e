import { tellRobberies } from './tell.ts';

await tellRobberies('veto of one of two: devnode with anvil', {
  fabric: 'devnode',
  ethereum: 'anvil',
});
