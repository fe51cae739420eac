import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What came back on a connection of its own before it was closed. */
export interface RawAnswer {
  /** 0 where it was closed without an answer. */
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly afterMs: number;
}

export interface RawOptions {
  /** Between the pieces. */
  readonly everyMs?: number;
  /** Whether the server must close the connection by itself; else it is closed once an answer is there. */
  readonly untilClosed?: boolean;
}

const PATIENCE_MS = 45_000;

/** Writes bytes as they are to the server at this address, piece by piece, and reads what it answers. */
export async function rawHttp(
  base: string,
  pieces: string | Buffer | readonly (string | Buffer)[],
  { everyMs = 0, untilClosed = false }: RawOptions = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(base);
  const started = performance.now();
  const socket = connect(Number(port), hostname);
  let text = '';
  const closed = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      if (!untilClosed && isWhole(text)) socket.destroy();
    });
    // A server that refuses a body may reset what is still on its way: what it said before counts.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.setTimeout(PATIENCE_MS, () => reject(new Error(`the server left the connection open: ${text}`)));
  });
  void (async () => {
    for (const piece of typeof pieces === 'string' || Buffer.isBuffer(pieces) ? [pieces] : pieces) {
      if (socket.destroyed || !socket.writable) return;
      socket.write(piece);
      if (everyMs > 0) await delay(everyMs);
    }
  })();
  await closed;
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0);
  return { status, head, body, afterMs: performance.now() - started };
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(text)?.[1];
  return end >= 0 && length !== undefined && Buffer.byteLength(text.slice(end + 4)) >= Number(length);
}
