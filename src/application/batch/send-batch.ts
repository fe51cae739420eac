import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { isAccepted, type ItemOutcome } from '../../domain/batch/decider';
import { DuplicateGate } from '../message/duplicate-gate';
import type { Caller, Idempotency } from '../message/message-request';
import { RateLimited } from '../message/rate-limited';
import type { AdmissionRequest } from '../ports/admission';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { BatchComparison } from './batch-comparison';
import { BatchItems } from './batch-items';
import { BatchLog, UNSTORED, type BatchRecord } from './batch-log';
import type { BatchOrder, RunningBatch } from './batch-order';

/** Of a batch's Idempotency-Key, with customer and mode. */
const ROUTE = 'messages/batch';
/** Items decided together, and recorded together. */
const CHUNK = 50;
/** One is decided while the one before is recorded: so many may be accepted without being in the batch's stream. */
const CHUNKS_UNRECORDED = 2;

export interface BatchResult {
  readonly batchId: string;
  /** One an item, in the order of the request. */
  readonly outcomes: readonly ItemOutcome[];
  /** True where an earlier request with the same Idempotency-Key got this answer first. */
  readonly replayed: boolean;
}

/**
 * Send many messages, each accepted or refused for itself, in their order.
 * @throws DomainError idempotency_key_reused, in_progress; RateLimited; unavailable and StoreUnavailable where some may have
 * been accepted: with an Idempotency-Key the same request finishes it
 */
export class SendBatch extends Command<BatchResult> {
  constructor(
    readonly caller: Caller,
    readonly order: BatchOrder,
    /** `digest` of all items. */
    readonly idempotency: Idempotency | null,
  ) {
    super();
  }
}

@CommandHandler(SendBatch)
export class SendBatchHandler implements ICommandHandler<SendBatch> {
  constructor(
    @Inject(DuplicateGate) private readonly gate: DuplicateGate,
    @Inject(BatchLog) private readonly log: BatchLog,
    @Inject(BatchItems) private readonly items: BatchItems,
    @Inject(BatchComparison) private readonly comparison: BatchComparison,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
  ) {}

  async execute(command: SendBatch): Promise<BatchResult> {
    const claim = admissionOf(command);
    const entry = await this.gate.enter<object>(claim);
    let result: BatchResult | null = null;
    try {
      const found = await this.found(command);
      if (entry.kind === 'rate_limited' && !isComplete(found)) {
        throw new RateLimited(entry.limit, entry.retryAfterSeconds);
      }
      // What Redis has compared, it has compared whole.
      result = await this.finish(command, found, claim, entry.kind === 'replay');
      return result;
    } finally {
      // Its results are in the log: ten thousand of them are nothing to keep in Redis.
      if (entry.kind === 'admitted') this.gate.leave(claim, result === null ? null : { batch_id: result.batchId });
    }
  }

  private found({ caller, idempotency }: SendBatch): Promise<BatchRecord> {
    return idempotency === null ? Promise.resolve(UNSTORED) : this.log.read(this.idFor(caller, idempotency));
  }

  private async finish(
    { caller, order, idempotency }: SendBatch,
    found: BatchRecord,
    claim: AdmissionRequest,
    isCompared: boolean,
  ): Promise<BatchResult> {
    const batchId = idempotency === null ? this.ids.next('bat') : this.idFor(caller, idempotency);
    const resumed = found.state.status !== 'none';
    const key = idempotency?.key ?? batchId;
    const batch: RunningBatch = { batchId, caller, order, key, resumed, byOwnKey: new Map() };
    const record = await this.log.start(caller, found, batchId, order.size);
    if (resumed && !isCompared)
      await this.comparison.check(batch, record.state, nextFrom(record) + CHUNKS_UNRECORDED * CHUNK);
    remember(batch, record);
    const done = await this.decideRest(batch, record, claim);
    return { batchId, outcomes: outcomesOf(done), replayed: isComplete(found) };
  }

  private async decideRest(batch: RunningBatch, record: BatchRecord, claim: AdmissionRequest): Promise<BatchRecord> {
    const { batchId, caller, order } = batch;
    let recording = Promise.resolve(record);
    for (let from = nextFrom(record); from < order.size; from += CHUNK) {
      const outcomes = await this.items.decide(batch, from, Math.min(from + CHUNK, order.size));
      recording = this.log.record(caller, await recording, batchId, { from, outcomes });
      // It is waited for behind the next chunk; if that one fails, its own failure is told.
      recording.catch(() => undefined);
      this.gate.keep(claim);
    }
    return recording;
  }

  private idFor({ customer, mode }: Caller, { key }: Idempotency): string {
    return this.ids.batchIdForKey(customer.customerId, mode, key);
  }
}

/** A batch counts as one request, however many its items are; of them, no recipient is looked at here. */
const admissionOf = ({ caller, idempotency }: SendBatch): AdmissionRequest => ({
  customerId: caller.customer.customerId,
  mode: caller.mode,
  keyId: caller.keyId,
  route: ROUTE,
  idempotencyKey: idempotency?.key ?? null,
  bodyDigest: idempotency?.keyedDigest ?? null,
  lookupHash: '',
  phoneDigits: '',
  requestsPerSecond: caller.customer.limits.requestsPerSecondPerKey,
  messagesPerMinutePerRecipient: caller.customer.limits.messagesPerMinutePerRecipient,
  promotionFrom: null,
});

const isComplete = ({ state }: BatchRecord): boolean => state.status === 'started' && state.open === 0;

/** The first item without an outcome; behind the last where all have one. */
function nextFrom({ state }: BatchRecord): number {
  if (state.status === 'none') return 0;
  const next = state.outcomes.indexOf(null);
  return next < 0 ? state.outcomes.length : next;
}

const outcomesOf = ({ state }: BatchRecord): ItemOutcome[] =>
  state.status === 'none' ? [] : state.outcomes.filter((outcome) => outcome !== null);

/** Of what was decided before: later items may repeat the keys of earlier ones. */
function remember(batch: RunningBatch, { state }: BatchRecord): void {
  if (state.status === 'none' || state.open === 0) return;
  for (const [index, outcome] of state.outcomes.entries()) {
    if (outcome === null || !isAccepted(outcome)) continue;
    const { own, digest } = batch.order.item(index);
    if (own !== null && !batch.byOwnKey.has(own.key)) batch.byOwnKey.set(own.key, { digest, outcome });
  }
}
