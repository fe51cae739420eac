import type { MessageRequest } from '../../application/message/message-request';
import { utcOf } from './instants';
import { moneyOf } from './kes';
import type { SendMessageDto } from './send-message.dto';

/** The use case's request from a body that was checked. */
export const requestOf = (body: SendMessageDto): MessageRequest => ({
  to: body.to,
  body: body.body,
  senderId: body.sender_id ?? null,
  validForSeconds: body.valid_for_seconds ?? null,
  onUnknown: body.on_unknown ?? null,
  clientReference: body.client_reference ?? null,
  encoding: body.encoding ?? null,
  maxSegments: body.max_segments ?? null,
  maxCost: moneyOf(body.max_cost_kes),
  sendAt: body.send_at === undefined ? null : utcOf(body.send_at),
  class: body.class ?? 'transactional',
});
