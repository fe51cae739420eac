import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Configuration } from './application/ports/configuration';
import type { Logger } from './application/ports/logger';
import type { HttpDrain } from './infrastructure/http/http-server';
import { Readiness } from './infrastructure/observability/readiness';

const DRAIN_MS = 25_000;
/** Beyond it something hangs, and whoever supervises us would kill anyway. */
const STOP_WITHIN_MS = 28_000;

/** How the process ends: in order when it is asked to, at once and loudly when it has lost its way. */
export class Lifecycle {
  private running: { readonly app: NestFastifyApplication; readonly drain: HttpDrain } | null = null;
  private ending = false;
  private logger: Logger | null = null;

  watch(logger: Logger): void {
    this.logger = logger;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void this.stop(signal));
    // After either nobody knows what state the process is in: it must not go on, and a fresh one is started by whoever
    // supervises it. What was acknowledged is in the log.
    process.on('uncaughtException', (error) => this.abort(error, 'uncaught exception'));
    process.on('unhandledRejection', (reason) => this.abort(reason, 'unhandled rejection'));
  }

  async listen(app: NestFastifyApplication, drain: HttpDrain, { host, port }: Configuration): Promise<void> {
    this.running = { app, drain };
    await app.listen(port, host);
  }

  private async stop(signal: string): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    this.logger?.info({ signal }, 'stopping: no new requests, finishing those in hand');
    setTimeout(() => this.exit(1, 'stopping took too long'), STOP_WITHIN_MS).unref();
    try {
      if (this.running !== null) {
        const { app, drain } = this.running;
        app.get(Readiness).shut('stopping');
        await drain.drain(DRAIN_MS);
        await app.close();
      }
      this.exit(0, 'stopped');
    } catch (error) {
      this.logger?.error({ err: error }, 'stopping failed');
      this.exit(1, 'stopped with an error');
    }
  }

  private abort(error: unknown, what: string): void {
    this.logger?.error({ err: error }, what);
    this.running?.app.get(Readiness).shut(what);
    this.exit(1, 'exiting: the state of the process is unknown');
  }

  private exit(code: 0 | 1, message: string): void {
    if (code === 0) this.logger?.info({}, message);
    else this.logger?.error({}, message);
    process.exit(code);
  }
}
