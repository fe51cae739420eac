import type { RecipientOptedOut } from './events';

/** Of one recipient, mode and sender. Whoever opted out can opt in, and out again. */
export type OptOutState =
  { readonly kind: 'none' } | { readonly kind: 'opted_out' | 'opted_in'; readonly optOut: RecipientOptedOut['data'] };

export const none: OptOutState = { kind: 'none' };
