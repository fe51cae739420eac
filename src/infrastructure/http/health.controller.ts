import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PrometheusMetrics } from '../observability/prometheus-metrics';
import { Readiness, type ReadinessReport } from '../observability/readiness';

/** For those who run the program: is it alive, can it serve, and what does it count. */
@ApiExcludeController()
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(PrometheusMetrics) private readonly metrics: PrometheusMetrics,
  ) {}

  @Get('health/live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Get('health/ready')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    if (!report.ready) reply.code(503).header('retry-after', '2');
    return report;
  }

  @Get('metrics')
  @Header('cache-control', 'no-store')
  async exposition(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { contentType, text } = await this.metrics.exposition();
    reply.header('content-type', contentType);
    return text;
  }
}
