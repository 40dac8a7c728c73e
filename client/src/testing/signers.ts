import { createFabricIdentity, createMemorySigner } from '@midlock/ledgers';
import type { PartySigners } from '../terms-file/signers.ts';

/** Keys for tests only: made with openssl, valid for a century, worth nothing. */
const MATERIAL = [
  {
    mspId: 'Org1MSP',
    certificate: `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUB3ktxIict7rzh5Crn9lsdG7s7lIwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGcGFydHkxMCAXDTI2MTEyMTA2MjY1MFoYDzIxMjYxMDI4MDYy
NjUwWjARMQ8wDQYDVQQDDAZwYXJ0eTEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AASuYMGz4XmWvLV14JgXgTPdux+I9sHgaPF8l0uKoGXdJSCFZ4huZWQhrDTFMnJC
Ig/q5aAhxAIKMLGojeTssS6go1MwUTAdBgNVHQ4EFgQUC4J+xMPQpR3oedIrdhdX
3ZfeMVwwHwYDVR0jBBgwFoAUC4J+xMPQpR3oedIrdhdX3ZfeMVwwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiBE+emeKEUQUjO4+xc0DizcVSGt+Tnp
yM7ISaxuUbyO+gIgQZxsbw1DWvfVzEYQM0somzcfjGce1QUPhOo/fjlZlgk=
-----END CERTIFICATE-----`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg60dQJgUp2HeghV3Y
UAZX+qQlju+Dr+sYNq5gPY7cVFShRANCAASuYMGz4XmWvLV14JgXgTPdux+I9sHg
aPF8l0uKoGXdJSCFZ4huZWQhrDTFMnJCIg/q5aAhxAIKMLGojeTssS6g
-----END PRIVATE KEY-----`,
  },
  {
    mspId: 'Org2MSP',
    certificate: `-----BEGIN CERTIFICATE-----
MIIBejCCAR+gAwIBAgIUDC1yeBm1CNydA8rsf1wxyCcdFl4wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGcGFydHkyMCAXDTI2MTEyMTA2MjY1MFoYDzIxMjYxMDI4MDYy
NjUwWjARMQ8wDQYDVQQDDAZwYXJ0eTIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARUKyCpwKr7Y5dHp/FvVEs6NW7o7Nr+IzFjek8k1no3iy9gH43NnAmnmbJd3kpe
OQHpNqdrXmrmVwxLryU6y2pVo1MwUTAdBgNVHQ4EFgQUQO15QZ3pdwoCSVjEIY+Z
/AvKEqowHwYDVR0jBBgwFoAUQO15QZ3pdwoCSVjEIY+Z/AvKEqowDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA4KS9OcCfBZXM3dUhhxWCg/H6FxNT
DIef1GZhML06XysCIQDlBvgBIGAkfIqKEBbkqhUt5kjlZQ34Sp5oVy51418How==
-----END CERTIFICATE-----`,
    key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOenfvHG6mhgAEMPZ
3kWEKss6oY/+u9beQLUw2a554UmhRANCAARUKyCpwKr7Y5dHp/FvVEs6NW7o7Nr+
IzFjek8k1no3iy9gH43NnAmnmbJd3kpeOQHpNqdrXmrmVwxLryU6y2pV
-----END PRIVATE KEY-----`,
  },
] as const;

/** Both keys of test party 0 or 1. */
export function testSigners(index: 0 | 1): PartySigners {
  const { mspId, certificate, key } = MATERIAL[index];
  return {
    fabric: createFabricIdentity(mspId, certificate, key),
    ethereum: createMemorySigner(new Uint8Array(32).fill(index + 1)),
  };
}

/** The PEM texts behind {@link testSigners}. */
export function testPems(index: 0 | 1): { readonly certificate: string; readonly key: string } {
  const { certificate, key } = MATERIAL[index];
  return { certificate, key };
}
