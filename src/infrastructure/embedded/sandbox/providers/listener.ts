import type { AddressInfo, Server, Socket } from 'node:net';
import type { FaultSettings } from '../faults/settings';

/** A caller that never gives up is let go after this time. */
const HANG_LIMIT_MS = 600_000;
const STOP_LIMIT_MS = 1_000;

/**
 * The port of one simulated provider and its outages, whatever is spoken on it. `refuse` really closes the listener and
 * cuts what is open, so that callers see refused connections and not an imitation of them.
 */
export class Listener {
  private readonly sockets = new Set<Socket>();
  private readonly hanging = new Set<Socket>();
  /** Requests that latency holds back; called with false they are dropped. */
  private readonly waiting = new Set<(goOn: boolean) => void>();
  /** Changes of the listener, one after the other. */
  private switching: Promise<void> = Promise.resolve();

  constructor(
    private readonly server: Server,
    private readonly host: string,
    private boundPort: number,
    private readonly settings: () => FaultSettings,
  ) {
    server.on('connection', (socket: Socket) => this.connected(socket));
  }

  get port(): number {
    return this.boundPort;
  }

  /** @throws Error of the system, e.g. EADDRINUSE. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.boundPort, this.host, () => {
        this.server.removeListener('error', reject);
        const address: AddressInfo | string | null = this.server.address();
        if (address !== null && typeof address === 'object') this.boundPort = address.port;
        resolve();
      });
    });
  }

  /** Lets running answers end for a moment; those that would never end are cut at once. `release`: ends idle connections. */
  async stop(release: () => void): Promise<void> {
    await this.switching.catch(() => undefined);
    this.dropWaiting();
    for (const socket of this.hanging) socket.destroy();
    if (!this.server.listening) return;
    const cut = setTimeout(() => this.destroyAll(), STOP_LIMIT_MS);
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      release();
    });
    clearTimeout(cut);
  }

  /** Follows new switches; `apply` is called once it has. */
  change(settings: FaultSettings, apply: () => void): Promise<void> {
    this.switching = this.switching
      .catch(() => undefined)
      .then(async () => {
        if (settings.outage === 'refuse') await this.close();
        else if (!this.server.listening) await this.listen();
        if (settings.outage === 'reset' && settings.share === 1) this.resetAll();
        apply();
      });
    return this.switching;
  }

  hang(socket: Socket): void {
    const timer = setTimeout(() => socket.destroy(), HANG_LIMIT_MS);
    this.hanging.add(socket);
    socket.once('close', () => {
      clearTimeout(timer);
      this.hanging.delete(socket);
    });
  }

  /** False when the provider went away meanwhile: then the request was never handled. */
  wait(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const end = (goOn: boolean): void => {
        clearTimeout(timer);
        this.waiting.delete(end);
        resolve(goOn);
      };
      const timer = setTimeout(end, ms, true);
      this.waiting.add(end);
    });
  }

  private close(): Promise<void> {
    this.dropWaiting();
    if (!this.server.listening) return Promise.resolve();
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.destroyAll();
    });
  }

  private connected(socket: Socket): void {
    const { outage, share } = this.settings();
    if (outage === 'reset' && share === 1) {
      socket.resetAndDestroy();
      return;
    }
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
  }

  private destroyAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private resetAll(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  private dropWaiting(): void {
    for (const end of this.waiting) end(false);
  }
}
