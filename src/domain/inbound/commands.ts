import type { Mode } from '../shared/event';

/** That the customer exists, and has these senders, is checked before. */
export interface AssignInboundNumber {
  readonly type: 'AssignInboundNumber';
  readonly number: string;
  readonly keyword: string | null;
  readonly customerId: string;
  readonly mode: Mode;
  readonly senders: readonly string[];
}
export interface ReleaseInboundNumber {
  readonly type: 'ReleaseInboundNumber';
  readonly number: string;
  readonly keyword: string | null;
  /** Whose it is: nobody releases another's by a slip. */
  readonly customerId: string;
}
export interface DiscardParkedText {
  readonly type: 'DiscardParkedText';
  readonly number: string;
  readonly textId: string;
  /** Mandatory: why. */
  readonly note: string;
}

export type InboundCommand = AssignInboundNumber | ReleaseInboundNumber | DiscardParkedText;
