import type { MessageState } from '../../../domain/message/state';
import type { Tier } from '../../../domain/routing/tiers';
import type { Choice } from './choice';

export interface ReplayWindow {
  /** ISO, by the store's clock: inclusive, exclusive. */
  readonly from: string;
  readonly to: string;
}

/** A message accepted in the window, and what became of it. */
export interface ReplayedMessage {
  readonly messageId: string;
  readonly at: string;
  readonly choice: Choice;
  state: MessageState;
  deliveredAt: Tier | null;
}
