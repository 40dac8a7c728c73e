import { at } from '../internal/at.ts';
import * as mcl from 'mcl-wasm';
import { concat, integerBytes, sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import type { CurveEngine, CurveGroup } from './engine.ts';
import { FIELD_PRIME, GROUP_ORDER, hashToFieldPair } from './field.ts';
import { nobleEngine } from './noble-engine.ts';

/** Points of the accelerator: copies of WebAssembly memory, in Jacobian or affine form. */
export type MclG1 = mcl.G1;
export type MclG2 = mcl.G2;

let loading: Promise<CurveEngine<MclG1, MclG2>> | undefined;

/**
 * Loads the accelerator (mcl compiled to WebAssembly), once for a process, and compares it with noble before handing it out.
 * For public data only: its multiplication is not constant-time and its memory keeps scalars.
 * mcl's modes are global to the process; nobody else may set them.
 * @throws {CryptoError} CRYPTO_ENGINE when the comparison fails.
 */
export function loadMclEngine(): Promise<CurveEngine<MclG1, MclG2>> {
  loading ??= load();
  return loading;
}

async function load(): Promise<CurveEngine<MclG1, MclG2>> {
  await mcl.init(mcl.BLS12_381);
  mcl.setETHserialization(true);
  mcl.setMapToMode(mcl.IRTF);
  // isValid() then means "on the curve" alone; the order has its own call.
  mcl.verifyOrderG1(false);
  mcl.verifyOrderG2(false);
  const engine = makeEngine();
  selfTest(engine);
  return engine;
}

function makeEngine(): CurveEngine<MclG1, MclG2> {
  const g1 = g1Group();
  const g2 = g2Group();
  const one = mcl.finalExp(mcl.millerLoop(g1.identity, g2.generator));
  const preparedGenerator = new mcl.PrecomputedG2(g2.generator);
  const mapToG1 = (element: bigint): MclG1 => fp(integerBytes(element, 48)).mapToG1();
  return {
    name: 'mcl',
    g1,
    g2,
    hashToG1: (message, tag) => {
      const [first, second] = hashToFieldPair(message, tag);
      return mcl.add(mapToG1(first), mapToG1(second));
    },
    mapToG1,
    productIsOne: (pairs) => {
      const factors = pairs.filter(([p, q]) => !p.isZero() && !q.isZero());
      const [first, second] = factors;
      if (first === undefined) return true;
      if (factors.length === 2 && second?.[1] === g2.generator) {
        // The generator's lines are computed once: a signature check costs one and a half Miller loops.
        const [p, q] = first;
        const product = mcl.precomputedMillerLoop2mixed(p, q, second[0], preparedGenerator);
        return mcl.finalExp(product).isEqual(one);
      }
      const product = factors.map(([p, q]) => mcl.millerLoop(p, q)).reduce((a, b) => mcl.mul(a, b));
      return mcl.finalExp(product).isEqual(one);
    },
  };
}

function g1Group(): CurveGroup<MclG1> {
  const make = (bytes: Uint8Array): MclG1 => {
    const point = new mcl.G1();
    point.setX(fp(bytes.subarray(0, 48)));
    point.setY(fp(bytes.subarray(48, 96)));
    point.setZ(fp(ONE));
    return point;
  };
  const identity = new mcl.G1();
  return {
    byteLength: 96,
    generator: make(nobleEngine.g1.toCoordinates(nobleEngine.g1.generator)),
    identity,
    fromCoordinates: make,
    decompress: (bytes) => decompress(bytes, 48, new mcl.G1()),
    toCoordinates: (point) => {
      const affine = mcl.normalize(point);
      return concat(affine.getX().serialize(), affine.getY().serialize());
    },
    ...common<MclG1>(identity),
  };
}

function g2Group(): CurveGroup<MclG2> {
  const fp2 = (bytes: Uint8Array): mcl.Fp2 => {
    const element = new mcl.Fp2();
    element.set_b(fp(bytes.subarray(0, 48)));
    element.set_a(fp(bytes.subarray(48, 96)));
    return element;
  };
  const make = (bytes: Uint8Array): MclG2 => {
    const point = new mcl.G2();
    point.setX(fp2(bytes.subarray(0, 96)));
    point.setY(fp2(bytes.subarray(96, 192)));
    point.setZ(fp2(concat(new Uint8Array(48), ONE)));
    return point;
  };
  const identity = new mcl.G2();
  return {
    byteLength: 192,
    generator: make(nobleEngine.g2.toCoordinates(nobleEngine.g2.generator)),
    identity,
    fromCoordinates: make,
    decompress: (bytes) => decompress(bytes, 96, new mcl.G2()),
    toCoordinates: (point) => {
      const affine = mcl.normalize(point);
      const [x, y] = [affine.getX(), affine.getY()];
      return concat(
        ...[x.get_b(), x.get_a(), y.get_b(), y.get_a()].map((part) => part.serialize()),
      );
    },
    ...common<MclG2>(identity),
  };
}

type Shared =
  'isOnCurve' | 'hasOrder' | 'isIdentity' | 'equal' | 'add' | 'negate' | 'multiply' | 'multiplySum';

function common<T extends MclG1 | MclG2>(identity: T): Pick<CurveGroup<T>, Shared> {
  return {
    isOnCurve: (point) => point.isValid(),
    hasOrder: (point) => point.isZero() || point.isValidOrder(),
    isIdentity: (point) => point.isZero(),
    equal: (a, b) => a.isEqual(b as MclG1 & MclG2),
    add: (a, b) => mcl.add(a, b),
    negate: (point) => mcl.neg(point),
    multiply: (point, k) => mcl.mul(point as MclG1, fr(k)) as T,
    multiplySum: (points, scalars) =>
      points.length === 0 ? identity : mcl.mulVec([...points], scalars.map(fr)),
  };
}

const ONE = integerBytes(1n, 48);

function fp(bytes: Uint8Array): mcl.Fp {
  const element = new mcl.Fp();
  element.setBigEndianMod(bytes);
  return element;
}

function fr(value: bigint): mcl.Fr {
  const element = new mcl.Fr();
  element.setBigEndianMod(integerBytes(value, 32));
  return element;
}

function decompress<T extends MclG1 | MclG2>(
  bytes: Uint8Array,
  length: number,
  point: T,
): T | undefined {
  if (bytes.length !== length) return undefined;
  try {
    point.deserialize(bytes);
  } catch {
    return undefined;
  }
  // mcl is lenient about flags and unreduced coordinates; only what it would itself write is canonical.
  return sameBytes(point.serialize(), bytes) && point.isValid() ? point : undefined;
}

/** One pass over every operation against noble: a build of mcl with another mode or byte order is refused. */
function selfTest(engine: CurveEngine<MclG1, MclG2>): void {
  const message = new TextEncoder().encode('midlock engine self-test');
  const tag = new TextEncoder().encode('MIDLOCK-SELF-TEST');
  const expected = nobleEngine.hashToG1(message, tag);
  const hashed = engine.hashToG1(message, tag);
  const scalars = [FIELD_PRIME % GROUP_ORDER, GROUP_ORDER - 2n];
  const sum = engine.g1.multiplySum([hashed, engine.g1.generator], scalars);
  const expectedSum = nobleEngine.g1.multiplySum([expected, nobleEngine.g1.generator], scalars);
  const key = engine.g2.multiply(engine.g2.generator, at(scalars, 0));
  const expectedKey = nobleEngine.g2.multiply(nobleEngine.g2.generator, at(scalars, 0));
  const signature = engine.g1.multiply(hashed, at(scalars, 0));
  const agrees =
    sameBytes(engine.g1.toCoordinates(sum), nobleEngine.g1.toCoordinates(expectedSum)) &&
    sameBytes(engine.g2.toCoordinates(key), nobleEngine.g2.toCoordinates(expectedKey)) &&
    engine.productIsOne([
      [engine.g1.negate(hashed), key],
      [signature, engine.g2.generator],
    ]) &&
    !engine.productIsOne([
      [hashed, key],
      [signature, engine.g2.generator],
    ]);
  if (!agrees) throw new CryptoError('CRYPTO_ENGINE', { engine: 'mcl' });
}
