import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A connection on which bytes are sent as they are, whatever a proper client would say of them. */
export interface RawConnection {
  readonly socket: Socket;
  send(bytes: string | Uint8Array): void;
  /** Sends a byte at a time, as long as the other side takes them. */
  trickle(bytes: string, everyMs: number): Promise<void>;
  /** All that was received. */
  readonly received: () => string;
  /** Resolves once what was received holds a pattern so many times, or the connection is closed. */
  until(pattern: RegExp, times?: number): Promise<string>;
  /** Resolves with all that was received when the other side has closed. */
  readonly closed: Promise<string>;
  hangUp(): void;
}

/** Connects to a port of this machine. With `reading: false` nothing is taken from the socket. */
export function openRaw(port: number, { reading = true } = {}): RawConnection {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of [...waiting]) check();
  };
  if (reading)
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      wake();
    });
  socket.on('error', () => undefined);
  const closed = new Promise<string>((resolve) => {
    const end = (): void => {
      socket.destroy();
      wake();
      resolve(text);
    };
    socket.once('end', end);
    socket.once('close', end);
  });
  return {
    socket,
    send: (bytes) => {
      if (socket.writable) socket.write(bytes);
    },
    async trickle(bytes, everyMs) {
      for (const byte of bytes) {
        if (socket.destroyed) return;
        socket.write(byte);
        await sleep(everyMs);
      }
    },
    received: () => text,
    until: (pattern, times = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          const seen = [...text.matchAll(new RegExp(pattern, 'g'))].length;
          if (seen < times && !socket.destroyed) return;
          waiting.delete(check);
          resolve(text);
        };
        waiting.add(check);
        check();
      }),
    closed,
    hangUp: () => {
      socket.destroy();
    },
  };
}

/** Sends one text and returns the status lines of all answers until the other side closes. */
export async function statusesOf(port: number, text: string | Uint8Array): Promise<number[]> {
  const connection = openRaw(port);
  connection.send(text);
  return statusLines(await connection.closed);
}

export function statusLines(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}
