import { utf8 } from '@midlock/crypto/encoding/bytes';
import type { Statement, StatementDomain } from '@midlock/crypto/encoding/statement-schema';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChain, type TestChain } from './chain.ts';
import {
  bls,
  FAR_SEC,
  frost,
  quorum,
  RegisterUnderTest,
  rosterOf,
  type Committee,
} from './committees.ts';
import { compileVerifiers, type Compiled } from './compile.ts';

let chain: TestChain;
let compiled: Record<string, Compiled>;
beforeAll(async () => {
  compiled = compileVerifiers();
  chain = await startChain();
});
afterAll(() => chain.close());

describe('the key register', () => {
  const digest = keccak_256(utf8('some statement'));

  it('passes from scheme to scheme, each key certified by the one before, and refuses all but the last two', async () => {
    const committees = [frost(), bls(), quorum(), frost()];
    const register = await RegisterUnderTest.deploy(chain, compiled, committees[0]!);
    for (const [i, committee] of committees.entries()) {
      const epoch = BigInt(i + 1);
      expect(await register.isCertified(epoch, digest, committee.sign(digest))).toBe(true);
      const next = committees[i + 1];
      if (next === undefined) break;
      const statement = register.rotation(next, epoch);
      await register.rotate(statement, next.keyData, committee);
      // The old key finishes what it began, under its own epoch and roster only.
      expect(await register.isCertified(epoch, digest, committee.sign(digest))).toBe(true);
      expect(await register.isCertified(epoch + 1n, digest, committee.sign(digest))).toBe(false);
      expect(await register.isCertified(epoch, digest, committee.sign(digest), rosterOf(9n))).toBe(
        false,
      );
      // And it cannot rotate again, nor can the statement be used twice.
      await expect(
        register.rotate(statement, next.keyData, committee, { simulate: true }),
      ).rejects.toThrow('RotateForeign');
    }
    expect(await register.isCertified(1n, digest, committees[0]!.sign(digest))).toBe(false);
    expect(await register.isCertified(2n, digest, committees[1]!.sign(digest))).toBe(false);
  });

  it('refuses the old key after its last deadline', async () => {
    const [old, next] = [frost(), frost()];
    const register = await RegisterUnderTest.deploy(chain, compiled, old);
    await register.rotate(register.rotation(next, 1n, { lastDeadlineSec: 1n }), next.keyData, old);
    expect(await register.isCertified(1n, digest, old.sign(digest))).toBe(false);
    expect(await register.isCertified(2n, digest, next.sign(digest))).toBe(true);
  });

  it('refuses a rotation that is unsigned, foreign, early, or brings other key data', async () => {
    const [old, next, other] = [frost(), bls(), quorum()];
    const register = await RegisterUnderTest.deploy(chain, compiled, old);
    const attempt = (
      change: Partial<Statement<'rotate'>>,
      options: { keyData?: Uint8Array; by?: Committee; domain?: StatementDomain } = {},
    ): Promise<unknown> =>
      register.rotate(
        register.rotation(next, 1n, change),
        options.keyData ?? next.keyData,
        options.by ?? old,
        {
          simulate: true,
          domain: options.domain ?? register.domain,
        },
      );
    await expect(attempt({})).resolves.toBeDefined();
    await expect(attempt({}, { by: frost() })).rejects.toThrow('RotateUnsigned');
    await expect(attempt({}, { domain: { ...register.domain, chainId: 1n } })).rejects.toThrow(
      'RotateUnsigned',
    );
    await expect(attempt({}, { domain: { ...register.domain, channel: 'other' } })).rejects.toThrow(
      'RotateUnsigned',
    );
    await expect(attempt({ epoch: 0n })).rejects.toThrow('RotateForeign');
    await expect(attempt({ nextEpoch: 3n })).rejects.toThrow('RotateForeign');
    await expect(attempt({ rosterHash: rosterOf(5n) })).rejects.toThrow('RotateForeign');
    await expect(attempt({ activeFromSec: FAR_SEC })).rejects.toThrow('RotateTooEarly');
    await expect(attempt({}, { keyData: bls().keyData })).rejects.toThrow('KeyDataInvalid');
    await expect(attempt({ scheme: 'frost-secp256k1' })).rejects.toThrow('KeyDataInvalid');
    const cut = other.keyData.slice(0, -1);
    await expect(
      attempt({ scheme: 'ecdsa-quorum', nextKey: keccak_256(cut) }, { keyData: cut }),
    ).rejects.toThrow('KeyDataInvalid');
  });
});
