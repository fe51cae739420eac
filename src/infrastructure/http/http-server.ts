import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { ApiKeyGuard } from './api-key.guard';
import { takeBatchBodies } from './batch-bodies';
import { serveOpenApi } from './openapi';
import { logRequests } from './request-log';
import { RouteTable } from './route-table';

const SWEEP_EVERY_MS = 100;

/** What is left to do between making the application and its first route: after this it may listen. */
export function prepareHttp(app: NestFastifyApplication): HttpDrain {
  const configuration = app.get<Configuration>(CONFIGURATION);
  const fastify: FastifyInstance = app.getHttpAdapter().getInstance();
  const routes = app.get(RouteTable);
  fastify.addHook('onRoute', ({ url, method }) => routes.add(url, method));
  const drain = new HttpDrain(app, fastify);
  logRequests(fastify, {
    logger: app.get<Logger>(LOGGER),
    metrics: app.get<Metrics>(METRICS),
    sample: configuration.accessLogSample,
  });
  if (configuration.roles.has('api')) takeBatchBodies(fastify, app.get(ApiKeyGuard, { strict: false }));
  if (configuration.roles.has('api')) serveOpenApi(app, configuration.publicBaseUrl);
  return drain;
}

/** Ends serving without cutting anyone off: no new connections, and each open one closes with its next answer. */
export class HttpDrain {
  private draining = false;

  constructor(
    private readonly app: NestFastifyApplication,
    fastify: FastifyInstance,
  ) {
    fastify.addHook('onRequest', (_request, reply, done) => {
      if (this.draining) reply.header('connection', 'close');
      done();
    });
  }

  /** Resolves when the last answer is out, or when the time is up. */
  async drain(withinMs: number): Promise<void> {
    this.draining = true;
    const server = this.app.getHttpServer();
    if (!server.listening) return;
    // Also those that fall idle later: their last answer may have gone out before it could say that it is the last.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
    const late = setTimeout(() => server.closeAllConnections(), withinMs);
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    clearInterval(sweep);
    clearTimeout(late);
  }
}
