import { tellTokenSwaps } from './tell-token-swaps.ts';

await tellTokenSwaps('own token: devnode with anvil', { fabric: 'devnode', ethereum: 'anvil' });
