import { tellScenarios } from './tell.ts';

await tellScenarios('scenarios: devnode with anvil', { fabric: 'devnode', ethereum: 'anvil' });
