import type { CurveEngine } from '@midlock/crypto/bls/engine';
import { generateBlsKey, signWith } from '@midlock/crypto/bls/keys';
import { loadMclEngine } from '@midlock/crypto/bls/mcl-engine';
import { nobleEngine } from '@midlock/crypto/bls/noble-engine';
import { parseMember } from '@midlock/crypto/bls/points';
import { BLS_TAGS } from '@midlock/crypto/bls/tags';
import { verifySignature } from '@midlock/crypto/bls/verify';
import { seededRandom } from '@midlock/crypto/testing/random';
import { frostFixture, quorumFixture } from '@midlock/crypto/testing/schemes';
import { createBlsVerifier } from '@midlock/crypto/verifier/bls-verifier';
import { sha256 } from '@noble/hashes/sha2.js';
import { rowOf, type BenchOptions, type Row } from '../row.ts';
import { medianMs } from '../timing.ts';

const digest = sha256(new TextEncoder().encode('statement'));

/** Time of one check off chain, from bytes; BLS beside blst, which does the mirror scheme (hash and signature in G2). */
export async function timeRows({ quick, progress }: BenchOptions): Promise<Row[]> {
  progress('time of one check');
  const runs = quick ? 10 : 60;
  const random = seededRandom('time');
  const mcl = (await loadMclEngine()) as CurveEngine;
  const pair = generateBlsKey(random);
  const signature = signWith(pair.secretKey, BLS_TAGS.attestation, digest);
  const verifiers = [
    createBlsVerifier(mcl, pair.publicKey),
    createBlsVerifier(nobleEngine, pair.publicKey),
  ];
  const blst = await blstMs(runs);
  const limit =
    blst === null
      ? null
      : { value: blst, how: 'blst (native) verify of its scheme, from bytes with group checks' };
  const engines = [mcl, nobleEngine as CurveEngine];
  return [
    ...engines.map((engine, i) =>
      row(
        `bls, ${engine.name}: registered key, signature from bytes`,
        medianMs(runs, () => expectTrue(verifiers[i]?.verify(digest, signature))),
        limit,
      ),
    ),
    ...engines.map((engine) =>
      row(
        `bls, ${engine.name}: key and signature from bytes`,
        medianMs(runs, () => {
          const key = parseMember(engine.g2, pair.publicKey);
          expectTrue(
            verifySignature(
              engine,
              key,
              BLS_TAGS.attestation,
              digest,
              parseMember(engine.g1, signature),
            ),
          );
        }),
        limit,
      ),
    ),
    ...[frostFixture(random), quorumFixture(7, 5, random), quorumFixture(67, 45, random)].map(
      (fixture, i) => {
        const proof = fixture.sign(digest);
        const name = ['frost', 'ecdsa 5 of 7', 'ecdsa 45 of 67'][i] ?? '';
        return row(
          `${name}, noble: from bytes`,
          medianMs(runs, () => expectTrue(fixture.verifier.verify(digest, proof))),
          null,
        );
      },
    ),
    row(
      'bls, noble: one partial signature',
      medianMs(runs, () => signWith(pair.secretKey, BLS_TAGS.attestation, digest)),
      null,
    ),
  ];
}

async function blstMs(runs: number): Promise<number | null> {
  const blst = await import('@chainsafe/blst').catch(() => null);
  if (blst === null) return null;
  const secret = blst.SecretKey.fromKeygen(new Uint8Array(32).fill(5));
  const key = secret.toPublicKey().toBytes(false);
  const signature = secret.sign(digest).toBytes(false);
  return medianMs(5 * runs, () =>
    expectTrue(
      blst.verify(
        digest,
        blst.PublicKey.fromBytes(key, true),
        blst.Signature.fromBytes(signature, true),
        false,
        false,
      ),
    ),
  );
}

function expectTrue(value: boolean | undefined): void {
  if (value !== true) throw new Error('a valid signature was refused');
}

function row(name: string, value: number, limit: Row['limit']): Row {
  return rowOf({ name, unit: 'ms', value, limit });
}
