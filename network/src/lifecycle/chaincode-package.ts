import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { NetworkError } from '../network-error.ts';

/** A chaincode package as `peer lifecycle chaincode install` takes it. */
export interface ChaincodePackage {
  /** `label:sha256 of the bytes`. */
  readonly id: string;
  readonly label: string;
  readonly bytes: Uint8Array;
}

/** TLS of a chaincode server; the peer shows no certificate of its own. */
export interface ChaincodeTls {
  /** PEM of the certificate, or its CA, that the server must show. */
  readonly rootCertPem: string;
}

/**
 * Packs a chaincode that runs as a service at `address` (`host:port`). The same input gives the same bytes and so the
 * same id everywhere: no time, owner or mode of the packing machine goes in.
 * @throws {NetworkError} DESCRIPTION_INVALID for a label, an address or a certificate that a peer would not take.
 */
export function packageChaincode(
  label: string,
  address: string,
  tls?: ChaincodeTls,
): ChaincodePackage {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.+-]*$/.test(label)) {
    throw new NetworkError('DESCRIPTION_INVALID', 'Not a chaincode label.', { label });
  }
  if (!/^[^\s:/]+:\d{1,5}$/.test(address)) {
    throw new NetworkError('DESCRIPTION_INVALID', 'Not an address host:port.', { address });
  }
  if (tls !== undefined && !tls.rootCertPem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new NetworkError('DESCRIPTION_INVALID', 'Not a PEM certificate.', { address });
  }
  // Within its dial time-out a peer waits longer after each failed try; it dials afresh at the next call anyway.
  const connection = {
    address,
    dial_timeout: '1s',
    tls_required: tls !== undefined,
    ...(tls === undefined ? {} : { root_cert: tls.rootCertPem }),
  };
  const code = archive([['connection.json', JSON.stringify(connection)]]);
  const bytes = archive([
    ['metadata.json', JSON.stringify({ type: 'ccaas', label })],
    ['code.tar.gz', code],
  ]);
  return { id: `${label}:${createHash('sha256').update(bytes).digest('hex')}`, label, bytes };
}

/** A gzipped tar (POSIX ustar) of plain files, mode 0644, owner 0, time 0. */
function archive(
  files: readonly (readonly [name: string, content: string | Uint8Array])[],
): Buffer {
  const blocks = files.flatMap(([name, content]) => {
    const body = Buffer.from(content);
    const padding = Buffer.alloc((512 - (body.length % 512)) % 512);
    return [header(name, body.length), body, padding];
  });
  return gzipStored(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

const MAX_STORED = 0xffff;

/**
 * A gzip member of stored blocks (RFC 1951, 3.2.4; RFC 1952): what a compressor makes of the same input differs between
 * versions and processors, and the id is the hash of it.
 */
function gzipStored(content: Buffer): Buffer {
  // Deflate, no flags, no time, no extra flags, unknown system.
  const parts: Buffer[] = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let start = 0; start < content.length; start += MAX_STORED) {
    const block = content.subarray(start, start + MAX_STORED);
    const head = Buffer.alloc(5);
    head.writeUInt8(start + block.length === content.length ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  }
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(content), 0);
  tail.writeUInt32LE(content.length, 4);
  return Buffer.concat([...parts, tail]);
}

function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, length: number): string =>
    `${value.toString(8).padStart(length - 1, '0')}\0`;
  const fields: [offset: number, text: string][] = [
    [0, name],
    [100, octal(0o644, 8)],
    [108, octal(0, 8)],
    [116, octal(0, 8)],
    [124, octal(size, 12)],
    [136, octal(0, 12)],
    [148, ' '.repeat(8)],
    [156, '0'],
    [257, 'ustar\u000000'],
  ];
  for (const [offset, text] of fields) block.write(text, offset, 'latin1');
  const sum = block.reduce((total, octet) => total + octet, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}
