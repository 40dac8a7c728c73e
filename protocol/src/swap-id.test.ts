import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/swap-ids.json' with { type: 'json' };
import {
  acceptanceDigest,
  counterpartHash,
  domainSeparator,
  ethereumLegHash,
  fabricLegHash,
  parseTerms,
  secretDomain,
  swapIdOf,
  termsToJson,
  typeString,
  SWAP_TYPES,
} from './index.ts';

describe('swap ids against ethers (vectors/swap-ids.json)', () => {
  it('has at least forty random cases and the edges', () => {
    expect(
      vectors.cases.filter(({ name }) => name.startsWith('random')).length,
    ).toBeGreaterThanOrEqual(40);
    expect(vectors.cases.length).toBeGreaterThanOrEqual(60);
  });

  it.each(vectors.cases)('$name', (vector) => {
    const terms = parseTerms(vector.terms);
    expect({
      fabricLegHash: fabricLegHash(terms.fabric),
      ethereumLegHash: ethereumLegHash(terms.ethereum),
      counterpartHash: counterpartHash(terms),
      swapId: swapIdOf(terms),
      domainSeparator: domainSeparator(terms.ethereum.chainId, terms.ethereum.escrow),
      acceptanceDigest: acceptanceDigest(terms),
      secretDomain: secretDomain(terms),
    }).toEqual({
      fabricLegHash: vector.fabricLegHash,
      ethereumLegHash: vector.ethereumLegHash,
      counterpartHash: vector.counterpartHash,
      swapId: vector.swapId,
      domainSeparator: vector.domainSeparator,
      acceptanceDigest: vector.acceptanceDigest,
      secretDomain: vector.secretDomain,
    });
    expect(termsToJson(terms)).toEqual(vector.terms);
  });

  it('has equal type strings', () => {
    expect(vectors.types.map(({ name }) => name).sort()).toEqual(Object.keys(SWAP_TYPES).sort());
    for (const { name, typeString: text } of vectors.types) {
      expect(typeString(name as keyof typeof SWAP_TYPES)).toBe(text);
    }
  });

  it('gives every case another id', () => {
    expect(new Set(vectors.cases.map(({ swapId }) => swapId)).size).toBe(vectors.cases.length);
  });
});
