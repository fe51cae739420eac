import type { BlockKind } from './events';

export interface PlaceBlock {
  readonly type: 'PlaceBlock';
  readonly subject: string;
  readonly kind: BlockKind;
  /** Null: for all customers. */
  readonly customerId: string | null;
  readonly reason: string;
}

export interface LiftBlock {
  readonly type: 'LiftBlock';
  readonly subject: string;
  /** Mandatory: why it may go. */
  readonly note: string;
}

export type BlockCommand = PlaceBlock | LiftBlock;
