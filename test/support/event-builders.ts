import { randomUUID } from 'node:crypto';
import type { NewEvent } from '../../src/application/ports/event-store';
import type { EventMetadata } from '../../src/domain/shared/event';
import type { FundsReserved, WalletCredited } from '../../src/domain/wallet/events';

export const testMetadata = (): EventMetadata => ({
  correlationId: randomUUID(),
  causationId: randomUUID(),
  customerId: 'cus_01HXKR3ABCDEFGHJKMNPQRSTVW',
  actor: { kind: 'system', id: 'test' },
  at: new Date().toISOString(),
});

/** An event to append; `n` tells it from others. */
export const reserved = (n: number | string, id = randomUUID()): NewEvent<FundsReserved> => ({
  id,
  event: { type: 'FundsReserved', data: { reservationId: `rsv_${n}`, messageId: `msg_${n}`, amount: '8000' } },
  metadata: testMetadata(),
});

/** One of a chosen size: its note has `bytes` characters. */
export const credited = (bytes: number, id = randomUUID()): NewEvent<WalletCredited> => ({
  id,
  event: {
    type: 'WalletCredited',
    data: { creditId: 'crd_1', amount: '1', source: 'adjustment', note: 'x'.repeat(bytes) },
  },
  metadata: testMetadata(),
});
