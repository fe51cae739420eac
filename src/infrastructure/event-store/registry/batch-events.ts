import { Type } from '@sinclair/typebox';
import type { ErrorCode } from '../../../domain/shared/domain-error';
import { first } from './event-definition';
import { amount, count, exact, flag, mode, text, tier } from './schema-parts';

/** Any code, of today or of another day: what was answered stays readable. */
const code = Type.Unsafe<ErrorCode>({ type: 'string', pattern: '^[\\s\\S]' });

const accepted = exact({ index: count, messageId: text, tier, amount, replayed: flag });
const refused = exact({
  index: count,
  code,
  detail: Type.String(),
  fields: Type.Array(exact({ field: Type.Readonly(Type.String()), message: Type.Readonly(Type.String()) })),
});

/** Streams `batch-{bat_}`. */
export const batchEvents = {
  BatchStarted: first(
    'A batch with an Idempotency-Key came in; none of its items was accepted before.',
    exact({ batchId: text, customerId: text, mode, size: count }),
  ),
  BatchItemsDecided: first(
    'What became of some items of a batch: the message that each made or found, or its refusal.',
    exact({ batchId: text, items: Type.Array(Type.Union([accepted, refused]), { minItems: 1 }) }),
  ),
};
