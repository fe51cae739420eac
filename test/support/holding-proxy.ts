import { createServer, connect, type Server, type Socket } from 'node:net';

/**
 * Stands between a client and a server, passes everything on, and can hold what a client sends from the first chunk that
 * contains a given text. What is held goes on when it is let go, in order, even when the client has long ceased to wait.
 */
export class HoldingProxy {
  private marker: Buffer | null = null;
  private readonly held: { to: Socket; chunk: Buffer }[] = [];
  private readonly holding = new Set<Socket>();
  private readonly sockets = new Set<Socket>();
  private caught: (() => void) | null = null;

  private constructor(private readonly server: Server) {}

  static async before(port: number): Promise<HoldingProxy> {
    const server = createServer();
    const proxy = new HoldingProxy(server);
    server.on('connection', (client) => proxy.join(client, connect(port, '127.0.0.1')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  /** Resolves when a chunk with this text was caught; that chunk and all that follow it on its connection are held. */
  holdAt(text: string): Promise<void> {
    this.marker = Buffer.from(text);
    return new Promise((resolve) => (this.caught = resolve));
  }

  release(): void {
    this.marker = null;
    this.holding.clear();
    for (const { to, chunk } of this.held.splice(0)) to.write(chunk);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
    server.on('data', (chunk) => client.write(chunk));
    client.on('data', (chunk: Buffer) => this.pass(client, server, chunk));
  }

  private pass(client: Socket, server: Socket, chunk: Buffer): void {
    if (this.marker !== null && !this.holding.has(client) && chunk.includes(this.marker)) {
      this.holding.add(client);
      this.caught?.();
      this.caught = null;
    }
    if (this.holding.has(client)) this.held.push({ to: server, chunk });
    else server.write(chunk);
  }
}
