import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { ApiBearerAuth, ApiHeader, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CancelMessage } from '../../application/message/cancel-message';
import { AS_THE_LOG_SAYS, GetMessage } from '../../application/message/get-message';
import { GetTimeline } from '../../application/message/get-timeline';
import { GetWhy } from '../../application/message/get-why';
import { ListMessages } from '../../application/message/list-messages';
import type { Caller, Idempotency } from '../../application/message/message-request';
import { QuoteMessage } from '../../application/message/quote-message';
import { RescheduleMessage } from '../../application/message/reschedule-message';
import { SendMessage } from '../../application/message/send-message';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { NO_SUCH_MESSAGE } from '../../application/ports/message-reads';
import { NUMBERING_PLAN, type NumberingPlan } from '../../application/ports/numbering-plan';
import { READ_SIDE_STATUS, type ReadSideStatus } from '../../application/ports/read-side-status';
import { isId } from '../../domain/shared/ids';
import { DomainError } from '../../domain/shared/domain-error';
import { AcceptedMessageDto, MessageDto, MessagePageDto, TimelineDto } from './answers.dto';
import { QuoteDto, quoteView } from './quote.dto';
import { AsOfDto } from './as-of.dto';
import { ApiKeyGuard, NeedsScope } from './api-key.guard';
import { AuthenticatedCaller } from './caller.decorator';
import { BodyDigests } from './canonical-digest';
import { idempotencyKey } from './idempotency-key';
import { pastInstantOf, utcOf } from './instants';
import { ListMessagesDto } from './list-messages.dto';
import { filterOf } from './message-filter';
import { ApiProblems } from './openapi';
import { ReadLimitGuard } from './read-limit.guard';
import { requestOf } from './message-request';
import { RescheduleDto } from './reschedule.dto';
import { notYetServed, SendMessageDto } from './send-message.dto';
import { DtoPipe } from './validation';
import { WhyDto } from './why.dto';

const DEFAULT_LIMIT = 20;

const sendBody = new DtoPipe(SendMessageDto, { code: 'validation_failed', notYet: notYetServed });
const asOfQuery = new DtoPipe(AsOfDto, { code: 'invalid_parameter', notYet: () => [] });
const moveBody = new DtoPipe(RescheduleDto, { code: 'validation_failed', notYet: () => [] });
const listQuery = new DtoPipe(ListMessagesDto, { code: 'invalid_parameter', notYet: () => [] });

@ApiTags('Messages')
@ApiBearerAuth()
@Controller('v1/messages')
@UseGuards(ApiKeyGuard)
@NeedsScope('messages')
export class MessagesController {
  constructor(
    @Inject(CommandBus) private readonly commands: CommandBus,
    @Inject(QueryBus) private readonly queries: QueryBus,
    @Inject(BodyDigests) private readonly digests: BodyDigests,
    @Inject(NUMBERING_PLAN) private readonly plan: NumberingPlan,
    @Inject(READ_SIDE_STATUS) private readonly readSide: ReadSideStatus,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Sends a message. A 202 means that it is stored, and that its price is reserved. */
  @Post()
  @HttpCode(202)
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: '1 to 255 visible ASCII characters' })
  @ApiProblems(400, 401, 402, 403, 409, 413, 415, 422, 429, 503)
  async send(
    @AuthenticatedCaller() caller: Caller,
    @Body(sendBody) body: SendMessageDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedMessageDto> {
    const command = new SendMessage(
      caller,
      requestOf(body),
      this.idempotencyOf(request.headers['idempotency-key'], body),
    );
    const { response, replayed } = await this.commands.execute(command);
    if (replayed) reply.header('idempotency-replayed', 'true');
    return response;
  }

  /** What a message would cost and how it would travel, and whether it would be sent. Nothing is written. */
  @Post('quote')
  @HttpCode(200)
  @UseGuards(ReadLimitGuard)
  @ApiProblems(400, 401, 403, 413, 415, 422, 429, 503)
  async quote(@AuthenticatedCaller() caller: Caller, @Body(sendBody) body: SendMessageDto): Promise<QuoteDto> {
    return quoteView(await this.queries.execute(new QuoteMessage(caller, requestOf(body))));
  }

  /** Takes back a message for which no attempt has begun: it is never sent, and costs nothing. */
  @Delete(':id')
  @UseGuards(ReadLimitGuard)
  @ApiProblems(401, 403, 404, 409, 429, 503)
  async cancel(@AuthenticatedCaller() caller: Caller, @Param('id') id: string): Promise<MessageDto> {
    await this.commands.execute(new CancelMessage(caller, known(id)));
    return this.asTheLogSays(caller, id);
  }

  /** Moves a scheduled message to another time. */
  @Patch(':id')
  @UseGuards(ReadLimitGuard)
  @ApiProblems(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
  async reschedule(
    @AuthenticatedCaller() caller: Caller,
    @Param('id') id: string,
    @Body(moveBody) { send_at }: RescheduleDto,
  ): Promise<MessageDto> {
    await this.commands.execute(new RescheduleMessage(caller, known(id), utcOf(send_at)));
    return this.asTheLogSays(caller, id);
  }

  /** Lists messages, newest first. */
  @Get()
  @UseGuards(ReadLimitGuard)
  @ApiProblems(400, 401, 403, 429, 503)
  async list(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Query(listQuery) query: ListMessagesDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessagePageDto> {
    const filter = filterOf(query, this.plan);
    const limit = query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit);
    const page = await this.queries.execute(
      new ListMessages(customer.customerId, mode, filter, limit, query.after ?? null),
    );
    this.sayStaleness(reply);
    return { data: page.data, next_cursor: page.nextCursor };
  }

  /** Shows a message, as it is or as it was at an instant. */
  @Get(':id')
  @UseGuards(ReadLimitGuard)
  @ApiProblems(400, 401, 403, 404, 429, 503)
  async find(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Param('id') id: string,
    @Query(asOfQuery) query: AsOfDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MessageDto> {
    const view = await this.queries.execute(
      new GetMessage(customer.customerId, mode, known(id), this.instantOf(query)),
    );
    this.sayStaleness(reply);
    return view;
  }

  /** Shows everything that happened to a message, in order. */
  @Get(':id/timeline')
  @UseGuards(ReadLimitGuard)
  @ApiProblems(400, 401, 403, 404, 429, 503)
  async timeline(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Param('id') id: string,
    @Query(asOfQuery) query: AsOfDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TimelineDto> {
    const data = await this.queries.execute(
      new GetTimeline(customer.customerId, mode, known(id), this.instantOf(query)),
    );
    this.sayStaleness(reply);
    return { data };
  }

  /** Says why a message went the way it went: outcome, tiers considered, price rule, attempts. */
  @Get(':id/why')
  @UseGuards(ReadLimitGuard)
  @ApiProblems(400, 401, 403, 404, 429, 503)
  async why(
    @AuthenticatedCaller() { customer, mode }: Caller,
    @Param('id') id: string,
    @Query(asOfQuery) query: AsOfDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WhyDto> {
    const why = await this.queries.execute(new GetWhy(customer.customerId, mode, known(id), this.instantOf(query)));
    this.sayStaleness(reply);
    return why;
  }

  /** After a change of the caller's own, which the read model may not have yet. */
  private asTheLogSays({ customer, mode }: Caller, id: string): Promise<MessageDto> {
    return this.queries.execute(new GetMessage(customer.customerId, mode, id, AS_THE_LOG_SAYS));
  }

  private idempotencyOf(header: string | string[] | undefined, body: SendMessageDto): Idempotency | null {
    if (header === undefined) return null;
    const key = idempotencyKey(header);
    const digest = this.digests.plain(body);
    return { key, digest, keyedDigest: this.digests.keyed(digest) };
  }

  private instantOf({ as_of }: AsOfDto): string | undefined {
    return as_of === undefined ? undefined : pastInstantOf('as_of', as_of, this.clock.now());
  }

  private sayStaleness(reply: FastifyReply): void {
    const since = this.readSide.staleSince();
    if (since !== null) reply.header('waht-stale-since', since);
  }
}

/** What is no id of ours is answered as an id that never was, without looking. */
function known(id: string): string {
  if (!isId(id, 'msg')) throw new DomainError('not_found', NO_SUCH_MESSAGE);
  return id;
}
