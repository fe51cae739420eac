import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the proxy does to bytes: pass them on; hold those of one way or of both; or nothing, since it takes no connection. */
export type ProxyMode = 'pass' | 'hold_answers' | 'hold_requests' | 'black_hole';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/**
 * A proxy for TCP on loopback that can be told to misbehave while it runs: latency, held bytes (they are passed on when the
 * mode is `pass` again), resets, and connections that are closed slowly.
 */
export class TcpProxy {
  mode: ProxyMode = 'pass';
  /** Added to each chunk in each way. Milliseconds. */
  latencyMs = 0;
  /** True: new connections are reset at once. */
  refusing = false;
  /** Connections taken since the start. */
  accepted = 0;
  /** Bytes that came from the server, passed on or not. */
  answeredBytes = 0;
  private readonly pairs = new Set<Pair>();
  private readonly stuck = new WeakSet<Pair>();
  private readonly held: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.take(client));
  }

  static async to(host: string, port: number): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, { host, port });
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return address.port;
  }

  get open(): number {
    return this.pairs.size;
  }

  /** New connections go there from now on. */
  pointTo(host: string, port: number): void {
    this.target = { host, port };
  }

  pass(): void {
    this.mode = 'pass';
    for (const deliver of this.held.splice(0)) deliver();
  }

  /** Forgets what is held: those bytes are never passed on. */
  dropHeld(): void {
    this.held.length = 0;
  }

  /** The connections of now carry nothing any more, and nobody is told; new ones work. What is held is lost. */
  stuckForEver(): void {
    this.dropHeld();
    for (const pair of this.pairs) this.stuck.add(pair);
    this.mode = 'pass';
  }

  /** Ends every connection with a reset on both sides. */
  resetAll(): void {
    for (const { client, server } of [...this.pairs]) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
  }

  /** Ends the client's side properly, and the server's only after `lingerMs`. */
  closeSlowly(lingerMs: number): void {
    for (const { client, server } of [...this.pairs]) {
      client.end();
      setTimeout(() => server.destroy(), lingerMs).unref();
    }
  }

  async close(): Promise<void> {
    this.dropHeld();
    for (const { client, server } of [...this.pairs]) {
      client.destroy();
      server.destroy();
    }
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private take(client: Socket): void {
    this.accepted += 1;
    if (this.refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.target, noDelay: true });
    const pair: Pair = { client, server };
    this.pairs.add(pair);
    const holdsRequests = (): boolean => this.mode === 'hold_requests' || this.mode === 'black_hole';
    const holdsAnswers = (): boolean => this.mode === 'hold_answers' || this.mode === 'black_hole';
    this.carry(client, server, pair, holdsRequests);
    this.carry(server, client, pair, holdsAnswers);
    server.on('data', ({ length }) => (this.answeredBytes += length));
  }

  private carry(from: Socket, to: Socket, pair: Pair, isHeld: () => boolean): void {
    // Nothing overtakes what was sent before it, also when the latency has become less meanwhile.
    const waiting: { readonly dueAt: number; readonly action: () => void }[] = [];
    const flush = (): void => {
      while ((waiting[0]?.dueAt ?? Infinity) <= performance.now()) waiting.shift()?.action();
      const [next] = waiting;
      if (next !== undefined) setTimeout(flush, Math.ceil(next.dueAt - performance.now()));
    };
    const later = (action: () => void): void => {
      if (waiting.length === 0 && this.latencyMs === 0) return action();
      waiting.push({ dueAt: performance.now() + this.latencyMs, action });
      if (waiting.length === 1) setTimeout(flush, this.latencyMs);
    };
    const deliver = (action: () => void): void => {
      if (this.stuck.has(pair)) return;
      if (isHeld()) this.held.push(() => later(action));
      else later(action);
    };
    from.on('data', (chunk) => deliver(() => void (to.destroyed || to.write(chunk))));
    from.on('end', () => deliver(() => to.end()));
    // A side that breaks takes the other with it, unless the line is dead: then nobody hears of it.
    from.on('error', () => deliver(() => to.destroy()));
    from.on('close', () => {
      this.pairs.delete(pair);
      deliver(() => to.destroy());
    });
  }
}
