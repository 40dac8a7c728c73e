import { MidlockError } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { agreeOn, askSeveral } from './peer-quorum.ts';

type Say = string | MidlockError;

/** Organisations that always say the same, and how often each was asked. */
function peers(said: Readonly<Record<string, Say>>) {
  const asked: string[] = [];
  const slept: number[] = [];
  const ask = (mspId: string): Promise<string> => {
    asked.push(mspId);
    const say = said[mspId] ?? '';
    return typeof say === 'string' ? Promise.resolve(say) : Promise.reject(say);
  };
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms);
    return Promise.resolve();
  };
  return { asked, slept, ask, quorum: { organizations: Object.keys(said), quorum: 2, sleep } };
}

const down = new MidlockError('ENDPOINT_UNREACHABLE', { endpoint: 'a:1' });
const lie = new MidlockError('ENDPOINT_LIED', { what: 'data hash' });
const equal = (a: string, b: string): boolean => a === b;

describe('several organisations', () => {
  it('are asked in order, and one that is down is replaced by the next', async () => {
    const { ask, asked, quorum } = peers({ A: down, B: 'b', C: 'c', D: 'd' });
    expect(await askSeveral(quorum.organizations, 2, ask)).toEqual(['b', 'c']);
    expect(asked).toEqual(['A', 'B', 'C']);
  });

  it('are too few when not enough of them are there', async () => {
    const { ask, quorum } = peers({ A: down, B: 'b', C: down });
    await expect(askSeveral(quorum.organizations, 2, ask)).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      data: { answers: 1, needed: 2 },
    });
  });

  it('do not make good for one whose answer is a lie', async () => {
    const { ask, quorum } = peers({ A: lie, B: 'b', C: 'b' });
    await expect(askSeveral(quorum.organizations, 2, ask)).rejects.toBe(lie);
    await expect(agreeOn(quorum, 'x', ask, equal)).rejects.toBe(lie);
  });

  it('are believed where a quorum says the same, and asked ten times where none does', async () => {
    const agreeing = peers({ A: 'a', B: 'b', C: 'b' });
    expect(await agreeOn(agreeing.quorum, 'x', agreeing.ask, equal)).toBe('b');
    const { ask, asked, slept, quorum } = peers({ A: 'a', B: 'b', C: 'c' });
    await expect(agreeOn(quorum, 'x', ask, equal)).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
      data: { organizations: ['A', 'B', 'C'] },
    });
    expect(asked).toHaveLength(30);
    expect(slept).toHaveLength(9);
  });
});
