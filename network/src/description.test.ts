import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNetworkDescription, type NetworkDescription } from './description.ts';
import { NetworkError } from './network-error.ts';

const description: NetworkDescription = {
  version: 1,
  fabric: {
    kind: 'devnode',
    version: '3.x',
    channel: 'midlock',
    chaincode: 'midlock',
    organizations: {
      Org1MSP: {
        gateway: '127.0.0.1:7051',
        tlsServerName: 'peer0.org1.example.com',
        tlsCaCertPath: '/net/ca.pem',
        mspDir: '/net/msp',
        users: { User1: { certPath: '/net/cert.pem', keyPath: '/net/key.pem' } },
      },
    },
  },
  ethereum: { kind: 'anvil', version: '1.7.1', url: 'http://127.0.0.1:8545', chainId: 31_337 },
};

/** Every place of a JSON value that holds something. */
function paths(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  return [
    [...path],
    ...Object.entries(value).flatMap(([key, inner]) => paths(inner, [...path, key])),
  ];
}

function without(value: unknown, [key, ...rest]: readonly string[]): unknown {
  const entries = Object.entries(value as Record<string, unknown>).flatMap(([name, inner]) => {
    if (name !== key) return [[name, inner]];
    return rest.length === 0 ? [] : [[name, without(inner, rest)]];
  });
  return Object.fromEntries(entries) as unknown;
}

describe('network descriptions', () => {
  it('are read back as they were written', () => {
    expect(parseNetworkDescription(JSON.stringify(description))).toEqual(description);
  });

  it('are refused when any member is missing, and the error names it', () => {
    const containers = new Set([
      'fabric.organizations.Org1MSP',
      'fabric.organizations.Org1MSP.users.User1',
    ]);
    for (const path of paths(description).filter(({ length }) => length > 0)) {
      if (containers.has(path.join('.'))) continue;
      const text = JSON.stringify(without(description, path));
      expect(() => parseNetworkDescription(text), path.join('.')).toThrow(path.at(-1));
    }
  });

  it('may name more peers and the chaincode server; what is named must be whole', () => {
    const [organization] = Object.values(description.fabric.organizations);
    const withMore = (more: object): string => {
      const organizations = { Org1MSP: { ...organization, ...more } };
      return JSON.stringify({ ...description, fabric: { ...description.fabric, organizations } });
    };
    const peers = { peer1: { gateway: '127.0.0.1:7052', tlsServerName: 'peer1.org1.example.com' } };
    const whole = withMore({ peers, chaincodeAddress: 'cc.org1:9999' });
    expect(JSON.stringify(parseNetworkDescription(whole))).toBe(whole);
    for (const wrong of [{ chaincodeAddress: 9999 }, { peers: [] }, { peers: { peer1: {} } }])
      expect(() => parseNetworkDescription(withMore(wrong))).toThrow('DESCRIPTION_INVALID');
  });

  it('never fail in another way', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseNetworkDescription(text);
        } catch (error) {
          expect(error).toBeInstanceOf(NetworkError);
          expect(error).toMatchObject({ code: 'DESCRIPTION_INVALID' });
        }
      }),
      { seed: 14, numRuns: 1_000 },
    );
  });
});
