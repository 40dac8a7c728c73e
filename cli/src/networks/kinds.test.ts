import { describe, expect, test } from 'vitest';
import { developmentFinality, parseNetworkKinds } from './kinds.ts';

describe('parseNetworkKinds', () => {
  test.each([
    [{}, 'devnode', 'anvil'],
    [{ fabric: 'native' }, 'native-raft', 'anvil'],
    [{ fabric: 'native', consensus: 'raft', ethereum: 'geth' }, 'native-raft', 'geth'],
    [{ fabric: 'native', consensus: 'bft' }, 'native-bft', 'anvil'],
  ])('reads %j', (options, fabric, ethereum) => {
    expect(parseNetworkKinds(options)).toEqual({ fabric, ethereum });
  });

  test.each([
    [{ fabric: 'mainframe' }, '--fabric'],
    [{ fabric: 'native', consensus: 'dice' }, '--consensus'],
    [{ consensus: 'bft' }, '--consensus'],
    [{ ethereum: 'besu' }, '--ethereum'],
  ])('refuses %j', (options, argument) => {
    expect(() => parseNetworkKinds(options)).toThrow(
      expect.objectContaining({
        code: 'ARGUMENT_INVALID',
        data: expect.objectContaining({ argument }) as unknown,
      }) as Error,
    );
  });
});

test('only geth needs its finality counted in blocks', () => {
  expect(developmentFinality('geth').finality).toEqual({ mode: 'depth', blocks: '2' });
  expect(developmentFinality('anvil')).toEqual({});
});
