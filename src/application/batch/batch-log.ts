import { Inject, Injectable } from '@nestjs/common';
import { batchDecider, type BatchCommand, type BatchState, type ItemOutcome } from '../../domain/batch/decider';
import type { BatchEvent } from '../../domain/batch/events';
import { fold } from '../../domain/shared/decider';
import { streams } from '../../domain/shared/streams';
import type { Caller } from '../message/message-request';
import { CLOCK, type Clock } from '../ports/clock';
import { EVENT_STORE, type EventStore } from '../ports/event-store';
import { ID_SOURCE, type IdSource } from '../ports/id-source';
import { requestContext } from '../shared/metadata';
import { readOn, runDecider, type StreamState } from '../shared/run-decider';

/** Longer than a single send has: who waits for ten thousand waits a little more rather than begin again. */
const TIMEOUT_MS = 10_000;

/** A batch as it was found, or has become. */
export interface BatchRecord extends StreamState<BatchState> {
  /** Whether it has a stream: without an Idempotency-Key nobody can ask for it again, so nothing is kept. */
  readonly isStored: boolean;
}

/** What is kept of batches with an Idempotency-Key, so that a retry finishes one and answers the same. */
@Injectable()
export class BatchLog {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(ID_SOURCE) private readonly ids: IdSource,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws StoreUnavailable */
  async read(batchId: string): Promise<BatchRecord> {
    const initial = { state: batchDecider.initialState, revision: 'no_stream' as const };
    return { ...(await readOn(this.store, batchDecider, streams.batch(batchId), initial)), isStored: true };
  }

  /** @throws DomainError idempotency_key_reused where it was of another size; StoreUnavailable */
  start(caller: Caller, found: BatchRecord, batchId: string, size: number): Promise<BatchRecord> {
    const { customer, mode } = caller;
    const data = { batchId, customerId: customer.customerId, mode, size };
    return this.run(caller, found, batchId, { type: 'StartBatch', data });
  }

  /** With what another process may have recorded of it meanwhile. @throws StoreUnavailable */
  record(
    caller: Caller,
    known: BatchRecord,
    batchId: string,
    decided: { readonly from: number; readonly outcomes: readonly ItemOutcome[] },
  ): Promise<BatchRecord> {
    return this.run(caller, known, batchId, { type: 'RecordOutcomes', data: decided });
  }

  private async run(caller: Caller, known: BatchRecord, batchId: string, command: BatchCommand): Promise<BatchRecord> {
    if (!known.isStored) {
      const events: readonly BatchEvent[] = batchDecider.decide(command, known.state);
      return { ...known, state: fold(batchDecider, events, known.state) };
    }
    const { customer, keyId, requestId: correlationId } = caller;
    const actor = { kind: 'key' as const, id: keyId };
    const origin = { actor, customerId: customer.customerId, correlationId };
    const context = requestContext(this.ids, this.clock, origin, TIMEOUT_MS);
    const stream = streams.batch(batchId);
    const { state, revision } = await runDecider(this.store, this.ids, {
      decider: batchDecider,
      stream,
      command,
      context,
      known,
    });
    return { state, revision, isStored: true };
  }
}

/** One that nobody can ask for again. */
export const UNSTORED: BatchRecord = { state: batchDecider.initialState, revision: 'no_stream', isStored: false };
