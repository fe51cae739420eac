import { Catch, HttpException, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ACCESS_LOG, type AccessLog } from '../../application/ports/access-log';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { PROBLEM_TYPE, problemDocument, problemFor, problemOf, type Problem } from './problem';
import { refusedCall } from './refused-call';
import { RouteTable } from './route-table';

/**
 * A caller that went away, or was sent away for being too slow, before its request was whole: nobody reads the answer,
 * but it must not count as an outage of ours.
 */
function cutOff({ raw }: FastifyRequest): Problem | null {
  if (raw.complete || !raw.destroyed) return null;
  return problemOf('request_timeout', 'The request did not arrive whole.');
}

/** The one place where an error becomes an answer. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(RouteTable) private readonly routes: RouteTable,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(ACCESS_LOG) private readonly accessLog: AccessLog,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = cutOff(request) ?? this.wrongMethod(error, request) ?? problemFor(error);
    this.metrics.refused(problem.code);
    const refused = refusedCall(error, problem, request);
    if (refused !== null) this.accessLog.note(refused);
    if (problem.status >= 500) this.log(error, problem, request);
    // An answer that has begun cannot be changed: whoever reads it sees it cut off.
    if (reply.sent) return;
    void reply
      .code(problem.status)
      .headers(problem.headers)
      .header('content-type', PROBLEM_TYPE)
      .send(problemDocument(problem, request.id));
  }

  private wrongMethod(error: unknown, request: FastifyRequest): Problem | null {
    if (!(error instanceof HttpException)) return null;
    const methods = this.routes.methodsAt(request.url);
    if (methods.length === 0 || methods.includes(request.method)) return null;
    const allow = methods.join(', ');
    return problemOf('method_not_allowed', `This address answers ${allow}.`, { headers: { allow } });
  }

  private log(error: unknown, { code }: Problem, request: FastifyRequest): void {
    const fields = { err: error, requestId: request.id, code, route: request.routeOptions.url };
    if (code === 'unavailable') this.logger.warn(fields, 'a request could not be served');
    else this.logger.error(fields, 'a request failed');
  }
}
