import { Inject, Injectable } from '@nestjs/common';
import { isAccepted, type BatchState } from '../../domain/batch/decider';
import { DomainError } from '../../domain/shared/domain-error';
import { EarlierAcceptance } from '../message/earlier-acceptance';
import { MessageDrafts, type MessageDraft } from '../message/message-draft';
import { CLOCK, type Clock } from '../ports/clock';
import { Breather } from '../shared/breather';
import { idempotencyOf, keyReused, type RunningBatch } from './batch-order';

/** Streams read at once. */
const AT_ONCE = 64;

/**
 * Whether a batch is the one that its Idempotency-Key was first used with, where Redis does not know any more. The batch's own
 * stream holds no digest: it would outlive the erasure of a recipient whom it was made of. So the messages are asked, each
 * of which keeps its item's digest sealed under its recipient's key.
 */
@Injectable()
export class BatchComparison {
  constructor(
    @Inject(MessageDrafts) private readonly drafts: MessageDrafts,
    @Inject(EarlierAcceptance) private readonly earlier: EarlierAcceptance,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param through items up to this one may have been accepted without having been recorded.
   * @throws DomainError idempotency_key_reused; StoreUnavailable
   */
  async check(batch: RunningBatch, state: BatchState, through: number): Promise<void> {
    if (state.status === 'none') return;
    const breather = new Breather(this.clock);
    let looks: Promise<unknown>[] = [];
    for (const [index, outcome] of state.outcomes.entries()) {
      if (outcome === null ? index >= through : !isAccepted(outcome)) continue;
      const messageId = outcome !== null && isAccepted(outcome) ? outcome.messageId : null;
      const draft = this.draftOf(batch, index, messageId);
      if (draft !== null) looks.push(this.earlier.look(draft));
      if (looks.length >= AT_ONCE) {
        await Promise.all(looks);
        looks = [];
      }
      await breather.breathe();
    }
    await Promise.all(looks);
  }

  /** Null: nothing to compare with. `messageId`: what this item became. */
  private draftOf(batch: RunningBatch, index: number, messageId: string | null): MessageDraft | null {
    try {
      const item = batch.order.item(index);
      // What stands under a key of its own may be somebody else's: that is this item's refusal, when its turn comes.
      if (messageId === null && item.own !== null) return null;
      const idempotency = idempotencyOf(batch, index, item);
      const draft = this.drafts.draft(batch.caller, item.request, idempotency, batch.batchId);
      if (messageId !== null && draft.messageId !== messageId) throw keyReused();
      return draft;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'unavailable') throw error;
      if (messageId !== null) throw keyReused();
      return null;
    }
  }
}
