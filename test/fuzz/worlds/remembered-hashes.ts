import { getBytes, keccak256 } from 'ethers';

const KEPT = 20_000;
const LONGEST = 256;

/**
 * Makes the library remember hashes of short data for this process: it hashes the names of all events anew for every log,
 * which is most of an input's time while nothing is optimised.
 */
export function rememberHashes(): void {
  const known = new Map<string, string>();
  const real = keccak256._;
  keccak256.register((data) => {
    if (data.length > LONGEST) return real(data);
    const key = Buffer.from(data).toString('latin1');
    const hash = known.get(key) ?? Buffer.from(getBytes(real(data))).toString('hex');
    if (known.size > KEPT) known.clear();
    known.set(key, hash);
    return `0x${hash}`;
  });
}
