import { first } from './event-definition';
import { count, exact, text } from './schema-parts';

/** Stream `log-acceptances`. */
export const restoringEvents = {
  LogAccepted: first(
    'The log had lost events (restored from a copy, or cut) and is the truth from here on as it is; an operator said so.',
    exact({ acceptanceId: text, note: text, found: text, lostEvents: count }),
  ),
};
