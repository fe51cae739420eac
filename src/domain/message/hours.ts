import type { MessageClass } from './events';

/** Of a day in Nairobi, in minutes from its midnight: from `fromMinute`, and until just before `toMinute`. */
export interface Hours {
  /** 0 to 1439. */
  readonly fromMinute: number;
  /** 1 to 1440, after `fromMinute`. */
  readonly toMinute: number;
}

/** 08:00 to 18:00, when promotion may reach people in Kenya. */
export const KENYAN_HOURS: Hours = { fromMinute: 8 * 60, toMinute: 18 * 60 };

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** East Africa Time is UTC+3 all year round. */
const EAT_MS = 3 * 3_600_000;

/** When a message of this class may go that could at this instant: then, or when the hours begin next. Milliseconds. */
export function mayGoAt(messageClass: MessageClass, { fromMinute, toMinute }: Hours, atMs: number): number {
  if (messageClass === 'transactional') return atMs;
  const ofDayMs = (((atMs + EAT_MS) % DAY_MS) + DAY_MS) % DAY_MS;
  if (ofDayMs >= fromMinute * MINUTE_MS && ofDayMs < toMinute * MINUTE_MS) return atMs;
  const beginsMs = atMs - ofDayMs + fromMinute * MINUTE_MS;
  return beginsMs > atMs ? beginsMs : beginsMs + DAY_MS;
}
