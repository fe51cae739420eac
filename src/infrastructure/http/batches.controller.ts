import { Body, Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SendBatch } from '../../application/batch/send-batch';
import type { Caller } from '../../application/message/message-request';
import { ACCESS_LOG, type AccessLog } from '../../application/ports/access-log';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { ApiKeyGuard, NeedsScope } from './api-key.guard';
import { BatchDto, SendBatchDto } from './batch.dto';
import { HttpBatchOrder } from './batch-order';
import { batchView } from './batch-view';
import { AuthenticatedCaller } from './caller.decorator';
import { BodyDigests } from './canonical-digest';
import { idempotencyKey } from './idempotency-key';
import { ApiProblems } from './openapi';
import { DtoPipe } from './validation';

const batchBody = new DtoPipe(SendBatchDto, { code: 'validation_failed', notYet: () => [] });

@ApiTags('Messages')
@ApiBearerAuth()
@Controller('v1/messages/batch')
@UseGuards(ApiKeyGuard)
@NeedsScope('messages')
export class BatchesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(BodyDigests) private readonly digests: BodyDigests,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(METRICS) private readonly metrics: Metrics,
    @Inject(ACCESS_LOG) private readonly accessLog: AccessLog,
  ) {}

  /**
   * Sends up to 10 000 messages. Each is accepted or refused for itself, in the order of the request; those with a 202 are
   * stored. It counts as one request against the limit of requests a second.
   */
  @Post()
  @HttpCode(202)
  @ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'Of the batch: 1 to 255 visible ASCII characters',
  })
  @ApiProblems(400, 401, 403, 409, 413, 415, 422, 429, 503)
  async send(
    @AuthenticatedCaller() caller: Caller,
    @Body(batchBody) { messages }: SendBatchDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BatchDto> {
    const end = request.place?.work();
    try {
      const order = new HttpBatchOrder(messages, this.digests, request.badItems);
      const header = request.headers['idempotency-key'];
      const idempotency = header === undefined ? null : await order.idempotency(idempotencyKey(header), this.clock);
      const result = await this.commands.execute(new SendBatch(caller, order, idempotency));
      const view = batchView(result);
      if (result.replayed) reply.header('idempotency-replayed', 'true');
      else this.noteRefusals(view, request);
      return view;
    } finally {
      end?.();
    }
  }

  /** As of single sends; of many items that were refused alike, the log of refused calls keeps one row. */
  private noteRefusals({ batch_id: resource, results }: BatchDto, request: FastifyRequest): void {
    const noted = new Set<string>();
    for (const { status, error } of results) {
      if (error === undefined) continue;
      const { code } = error;
      this.metrics.refused(code);
      if ((status !== 401 && status !== 403) || noted.has(code)) continue;
      noted.add(code);
      this.accessLog.note({
        requestId: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status,
        code,
        reason: code,
        customerId: request.caller?.customer.customerId ?? null,
        keyId: request.caller?.keyId ?? null,
        resource,
      });
    }
  }
}
