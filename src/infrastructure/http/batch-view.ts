import type { BatchResult } from '../../application/batch/send-batch';
import { isAccepted, type ItemOutcome } from '../../domain/batch/decider';
import { parseMoney, toKesNumber } from '../../domain/shared/money';
import type { BatchDto, BatchItemResultDto } from './batch.dto';
import { statusOf } from './problem';

const ACCEPTED = 202;

/** The answer. A message that an earlier one stands for was neither accepted anew nor refused. */
export function batchView({ batchId, outcomes }: BatchResult): BatchDto {
  const results = outcomes.map(itemView);
  return {
    batch_id: batchId,
    accepted: outcomes.filter((outcome) => isAccepted(outcome) && !outcome.replayed).length,
    rejected: outcomes.filter((outcome) => !isAccepted(outcome)).length,
    results,
  };
}

function itemView(outcome: ItemOutcome, index: number): BatchItemResultDto {
  if (isAccepted(outcome)) {
    const { messageId: message_id, tier: provider, amount, replayed } = outcome;
    const cost_kes = toKesNumber(parseMoney(amount));
    return { index, status: ACCEPTED, message_id, provider, cost_kes, ...(replayed ? { replayed } : {}) };
  }
  const { code, detail, fields } = outcome;
  const errors = fields.length === 0 ? {} : { errors: fields };
  return { index, status: statusOf(code), error: { code, detail, ...errors } };
}
