import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { settleAll } from './settle-all.ts';

it('gives every result in order', async () => {
  expect(await settleAll([sleep(2, 'late'), Promise.resolve(1)])).toEqual(['late', 1]);
});

it('tells a failure only after everything else has ended', async () => {
  const ended: string[] = [];
  const slow = sleep(20).then(() => ended.push('slow'));
  const failing = Promise.reject(new Error('failed'));
  await expect(settleAll([slow, failing])).rejects.toThrow('failed');
  expect(ended).toEqual(['slow']);
});
