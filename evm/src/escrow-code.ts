import {
  TypedDataEncoder,
  dataLength,
  encodeBytes32String,
  id,
  toBeHex,
  zeroPadValue,
} from 'ethers';
import type { Address } from '@midlock/protocol';
import { ESCROW_ARTIFACT } from './artifacts.ts';
import { escrowDomain } from './consent.ts';
import type { EscrowLimits } from './escrow-reads.ts';

/** What the code at an address is, seen as the escrow. */
export interface EscrowCode {
  /** What differs from the committed escrow deployed at this place, a phrase each; empty for the genuine one. */
  readonly differences: readonly string[];
  /** The limits that stand in the code; undefined where it is another program. */
  readonly limits: EscrowLimits | undefined;
}

const LIMITS: Readonly<Record<keyof EscrowLimits, string>> = {
  minDurationSec: '_minDurationSec',
  maxDurationSec: '_maxDurationSec',
  payoutGas: '_payoutGas',
  payoutReserve: '_payoutReserve',
};

/**
 * Holds deployed code against the committed artifact, byte for byte but for the immutables, whose places the compiler
 * told; and the immutables against what they must be: chain id, own address, EIP-712 domain. The limits were free to
 * choose at deployment and are returned. Pure.
 * @param code `eth_getCode`, hex.
 */
export function inspectEscrowCode(code: string, chainId: bigint, escrow: Address): EscrowCode {
  const { deployedBytecode, immutableReferences } = ESCROW_ARTIFACT;
  if (code === '0x' || code === '') return { differences: ['no code'], limits: undefined };
  if (code.length !== deployedBytecode.length)
    return {
      differences: [
        `code of another length: ${String(code.length / 2 - 1)} instead of ${String(dataLength(deployedBytecode))} bytes`,
      ],
      limits: undefined,
    };
  const places = Object.values(immutableReferences).flat();
  if (masked(code, places) !== masked(deployedBytecode, places))
    return { differences: ['code of another program'], limits: undefined };
  const values = Object.entries(immutableReferences).map(
    ([name, parts]) => [name, parts.map((part) => partOf(code, part))] as const,
  );
  const expected = expectedWords(chainId, escrow);
  const differences = values.flatMap(([name, [first, ...others]]) => {
    const wish = expected[name] ?? first;
    const other = [first, ...others].find((word) => word !== wish);
    return other === undefined ? [] : [`${name} is ${other} instead of ${wish ?? 'one value'}`];
  });
  const words = new Map(values.map(([name, [word]]) => [name, BigInt(word ?? '0x0')]));
  const limit = (key: keyof EscrowLimits): bigint => words.get(LIMITS[key]) ?? 0n;
  return {
    differences,
    limits: {
      minDurationSec: limit('minDurationSec'),
      maxDurationSec: limit('maxDurationSec'),
      payoutGas: limit('payoutGas'),
      payoutReserve: limit('payoutReserve'),
    },
  };
}

/** What does not depend on the deployer's choice: 32-byte words by the name of their variable. */
function expectedWords(chainId: bigint, escrow: Address): Readonly<Record<string, string>> {
  const domain = escrowDomain(chainId, escrow);
  const word = (value: bigint): string => toBeHex(value, 32);
  return {
    _chainId: word(chainId),
    _cachedChainId: word(chainId),
    _cachedThis: zeroPadValue(escrow, 32),
    _cachedDomainSeparator: TypedDataEncoder.hashDomain(domain),
    _hashedName: id(domain.name),
    _hashedVersion: id(domain.version),
    _name: shortString(domain.name),
    _version: shortString(domain.version),
  };
}

/** OpenZeppelin's ShortString: the text, and its length in the last byte. */
function shortString(text: string): string {
  return toBeHex(BigInt(encodeBytes32String(text)) | BigInt(text.length), 32);
}

interface CodePart {
  readonly start: number;
  readonly length: number;
}

function partOf(code: string, { start, length }: CodePart): string {
  return `0x${code.slice(2 + 2 * start, 2 + 2 * (start + length)).toLowerCase()}`;
}

function masked(code: string, parts: readonly CodePart[]): string {
  const bytes = Buffer.from(code.slice(2), 'hex');
  for (const { start, length } of parts) bytes.fill(0, start, start + length);
  return bytes.toString('hex');
}
