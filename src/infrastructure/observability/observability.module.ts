import { Global, Module } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { LOGGER } from '../../application/ports/logger';
import { METRICS } from '../../application/ports/metrics';
import { PinoLogger } from './pino-logger';
import { PrometheusMetrics } from './prometheus-metrics';
import { Readiness } from './readiness';

/** Logs, counts, and whether the process is ready. */
@Global()
@Module({
  providers: [
    {
      provide: LOGGER,
      inject: [CONFIGURATION],
      useFactory: (configuration: Configuration) => PinoLogger.to(process.stdout, configuration.logLevel),
    },
    PrometheusMetrics,
    { provide: METRICS, useExisting: PrometheusMetrics },
    Readiness,
  ],
  exports: [LOGGER, METRICS, PrometheusMetrics, Readiness],
})
export class ObservabilityModule {}
