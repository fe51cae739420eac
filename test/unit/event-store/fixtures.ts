import type { EventMetadata } from '../../../src/domain/shared/event';
import type { StoredEvent } from '../../../src/infrastructure/event-store/wire/stored-event';

export const metadata: EventMetadata = {
  correlationId: '11111111-1111-4111-8111-111111111111',
  causationId: '22222222-2222-4222-8222-222222222222',
  customerId: 'cus_01HXKR3ABCDEFGHJKMNPQRSTVW',
  actor: { kind: 'key', id: 'key_01HXKR3ABCDEFGHJKMNPQRSTVW' },
  at: '2026-11-22T09:30:00.125Z',
};

/** As it comes back from the store. */
export const stored = (type: string, data: string, storedMetadata: string): StoredEvent => ({
  id: '6ba7b810-9dad-41d1-80b4-00c04fd430c8',
  stream: 'message-msg_1',
  revision: 4n,
  type,
  position: { commit: 10n, prepare: 9n },
  created: '2026-11-22T09:30:00.126Z',
  data: Buffer.from(data),
  metadata: Buffer.from(storedMetadata),
});
