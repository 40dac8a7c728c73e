import { createRequire } from 'node:module';

/** What is used of a reader of google-protobuf, the library under fabric-protos and fabric-gateway. */
interface Reader {
  getCursor(): number;
  getBuffer(): Uint8Array;
}

type Method = (this: Reader, ...args: unknown[]) => unknown;

/** Read methods that begin with a length and believe it: `readBytes` checks for itself. */
const LENGTH_FIRST = /^(?:readMessage|readString|readPacked[A-Z]\w*)$/;
const MAX_LENGTH_BYTES = 5;

let bounded = false;

/**
 * google-protobuf 3.21 takes the length in front of a message, text or packed list as it comes and loops up to it, whether or
 * not there are so many bytes: twelve bytes from a peer occupy the process for seconds, and four of them with a packed list
 * its memory. From the first call on, every reader of this process compares the length with its buffer and throws instead;
 * who decodes treats that as any malformed message.
 *
 * devnode has the same: it is published without Midlock, and nothing of Midlock's production code runs on it.
 */
export function boundProtobufReads(): void {
  if (bounded) return;
  bounded = true;
  // The very copy that the generated classes use.
  const load = createRequire(import.meta.resolve('@hyperledger/fabric-protos'));
  const { BinaryReader } = load('google-protobuf') as {
    readonly BinaryReader: { readonly prototype: Record<string, Method> };
  };
  const { prototype } = BinaryReader;
  for (const name of Object.keys(prototype).filter((key) => LENGTH_FIRST.test(key))) {
    const read = prototype[name];
    if (read === undefined) continue;
    prototype[name] = function (...args) {
      checkLength(this);
      return read.apply(this, args);
    };
  }
}

/** Throws unless the length at the cursor, a varint, ends within the buffer. */
function checkLength(reader: Reader): void {
  const [bytes, start] = [reader.getBuffer(), reader.getCursor()];
  let length = 0;
  for (let i = 0; i < MAX_LENGTH_BYTES; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte >= 0x80) continue;
    if (start + i + 1 + length <= bytes.length) return;
    break;
  }
  throw new RangeError('protobuf: a length beyond the end of the message');
}
