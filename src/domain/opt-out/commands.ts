import type { OptOutSource, RecipientOptedOut } from './events';

export interface OptOut {
  readonly type: 'OptOut';
  readonly data: RecipientOptedOut['data'];
}

/** The reverse. */
export interface OptIn {
  readonly type: 'OptIn';
  readonly optOutId: string;
  readonly source: OptOutSource;
}

export type OptOutCommand = OptOut | OptIn;
