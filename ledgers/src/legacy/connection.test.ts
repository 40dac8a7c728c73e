import { expect, it } from 'vitest';
import { CallFailure } from '../fabric/call-failure.ts';
import { createConnection, failureOf } from './connection.ts';
import type { LegacyNode } from './library.ts';

function nodeThat(...connects: readonly boolean[]): LegacyNode & { tries: number } {
  return {
    tries: 0,
    checkConnection() {
      this.tries += 1;
      return Promise.resolve(connects[this.tries - 1] ?? true);
    },
    disconnect: () => undefined,
  };
}

const answer = () => Promise.resolve('answer');

it('connects once, at the first of many calls', async () => {
  const node = nodeThat(true);
  const connection = createConnection('a:1', node);
  expect(await Promise.all([connection.call(answer), connection.call(answer)])).toEqual([
    'answer',
    'answer',
  ]);
  await connection.call(answer);
  expect(node.tries).toBe(1);
});

it('leaves a node that could not be connected alone for a second', async () => {
  const node = nodeThat(false, true);
  let nowMs = 10_000;
  const connection = createConnection('a:1', node, () => nowMs);
  const unreachable = { code: 14, message: 'no connection to a:1' };
  await expect(connection.call(answer)).rejects.toMatchObject(unreachable);
  nowMs += 999;
  await expect(connection.call(answer)).rejects.toMatchObject(unreachable);
  expect(node.tries).toBe(1);
  nowMs += 1;
  expect(await connection.call(answer)).toBe('answer');
});

it('keeps of what the library throws only the status and the text', () => {
  const thrown = Object.assign(new Error('x'), { code: 2, connection: { options: 'secret' } });
  const failure = failureOf(thrown);
  expect(failure).toMatchObject({ code: 2, message: 'x', details: [] });
  expect(failure).not.toHaveProperty('connection');
  expect(failure).not.toHaveProperty('cause');
  expect(failureOf(new Error('REQUEST TIMEOUT'))).toMatchObject({ code: 14 });
  expect(failureOf('odd')).toMatchObject({ code: 14 });
});

it('throws nothing of the library, whichever call failed', async () => {
  const connection = createConnection('a:1', nodeThat(true));
  const thrown = Object.assign(new Error('x'), { code: 2 });
  const failure: unknown = await connection
    .call(() => Promise.reject(thrown))
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(CallFailure);
  expect(failure).toMatchObject({ code: 2, message: 'x' });
});
