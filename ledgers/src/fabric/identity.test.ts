import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createOrganization } from '../../../devnode/src/msp/index.ts';
import { createFabricIdentity, loadFabricIdentity } from './identity.ts';

const { users } = createOrganization({
  mspId: 'Org1MSP',
  domain: 'org1.example.com',
  peers: [],
  users: [],
});
const [{ sign }] = users as [(typeof users)[number]];

/** The certificate with another time of validity; its key is as it was. */
function withEnd(time: string): string {
  const der = Buffer.from(new X509Certificate(sign.certificatePem).raw);
  const times = [...der.toString('latin1').matchAll(/\d{12}Z/g)];
  der.write(time, times[1]?.index ?? 0, 'latin1');
  const body = der.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
}

describe('a Fabric identity', () => {
  it('is taken with its own key, within its time', () => {
    const taken = createFabricIdentity('Org1MSP', sign.certificatePem, sign.privateKeyPem);
    expect(taken.mspId).toBe('Org1MSP');
    expect(() => createFabricIdentity('A', withEnd('200101000000Z'), sign.privateKeyPem)).toThrow(
      'IDENTITY_INVALID',
    );
  });

  it('is refused when its time of validity is none', () => {
    for (const time of ['991399999999Z', '350101000a00Z'])
      expect(() => createFabricIdentity('A', withEnd(time), sign.privateKeyPem)).toThrow(
        'IDENTITY_INVALID',
      );
  });

  it('names the certificate that cannot be read', async () => {
    await expect(
      loadFabricIdentity('A', '/nowhere/cert.pem', '/nowhere/key.pem'),
    ).rejects.toMatchObject({
      code: 'IDENTITY_INVALID',
      data: { path: '/nowhere/cert.pem', reason: 'unreadable' },
    });
  });
});
