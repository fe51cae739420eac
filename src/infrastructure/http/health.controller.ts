import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { PrometheusMetrics } from '../observability/prometheus-metrics';
import { Readiness, type ReadinessReport } from '../observability/readiness';

/** For those who run the program: is it alive, can it serve, and what does it count. */
@ApiTags('Operation')
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(PrometheusMetrics) private readonly metrics: PrometheusMetrics,
  ) {}

  /** Answers as long as the process runs. */
  @Get('health/live')
  @ApiOkResponse({ description: 'It runs.' })
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /** Says whether requests can be served, and what is missing. */
  @Get('health/ready')
  @ApiOkResponse({ description: 'All checks are ok.' })
  @ApiServiceUnavailableResponse({ description: 'What is missing, by check.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    if (!report.ready) reply.code(503).header('retry-after', '2');
    return report;
  }

  /** Shows the counts for Prometheus. */
  @Get('metrics')
  @ApiOkResponse({ description: 'Prometheus text exposition.' })
  @Header('cache-control', 'no-store')
  async exposition(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const { contentType, text } = await this.metrics.exposition();
    reply.header('content-type', contentType);
    return text;
  }
}
