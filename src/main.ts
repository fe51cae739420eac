import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module';
import type { Configuration } from './application/ports/configuration';
import { LOGGER, type Logger } from './application/ports/logger';
import { ConfigurationError } from './infrastructure/config/environment';
import { readConfiguration } from './infrastructure/config/read-configuration';
import { createAdapter } from './infrastructure/http/fastify-edge';
import { prepareHttp } from './infrastructure/http/http-server';
import { NestLogger } from './infrastructure/observability/nest-logger';
import { PinoLogger } from './infrastructure/observability/pino-logger';
import { scrub } from './infrastructure/observability/scrub';
import { Lifecycle } from './lifecycle';

/** Of sysexits, EX_CONFIG: as it is configured it will never start, so a supervisor need not try again. */
const EXIT_CONFIGURATION = 78;

async function start(configuration: Configuration): Promise<void> {
  const lifecycle = new Lifecycle();
  const logger = PinoLogger.to(process.stdout, configuration.logLevel);
  lifecycle.watch(logger);
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.of(configuration),
    createAdapter(configuration),
    { bodyParser: false, abortOnError: false, logger: new NestLogger(logger) },
  );
  const drain = prepareHttp(app);
  await lifecycle.listen(app, drain, configuration);
  announce(app.get<Logger>(LOGGER), configuration);
}

function announce(logger: Logger, configuration: Configuration): void {
  const { host, port, environment, roles, tiers } = configuration;
  if (tiers.every((tier) => tier.simulated)) {
    logger.warn({}, 'no real provider is configured: live keys run on simulators and reach no handset');
  }
  logger.info({ host, port, environment, roles: [...roles] }, 'ready to serve');
}

/** One clear account of what went wrong, on stderr; the exit code tells a supervisor whether another try can help. */
function refuse(error: unknown): void {
  const hopeless = error instanceof ConfigurationError;
  process.stderr.write(`${hopeless ? error.message : `The start failed: ${describe(error)}`}\n`);
  process.exit(hopeless ? EXIT_CONFIGURATION : 1);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return scrub(String(error));
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code} ` : '';
  return scrub(`${code}${error.message || error.name}`);
}

try {
  start(readConfiguration(process.env)).catch(refuse);
} catch (error) {
  refuse(error);
}
