/** Where a message stands, as its customer sees it. */
export type MessageStatus =
  | 'scheduled'
  | 'queued'
  | 'unknown'
  | 'dispatched'
  | 'delivered'
  | 'read'
  | 'failed'
  | 'expired'
  | 'cancelled'
  | 'received';
