import type { PromotionConfiguration } from '../../application/ports/configuration';
import { KENYAN_HOURS, type Hours } from '../../domain/message/hours';
import { segmentsOf } from '../../domain/message/segments';
import type { EnvironmentReader } from './environment';

/** What Safaricom prints under promotions: dialled or sent, it stops them. */
const SAFARICOM_TEXT = 'STOP*456*9*5#';
const LONGEST_TEXT = 40;
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;

/** When promotion may go, and how it says how to stop it. */
export function readPromotion(reader: EnvironmentReader): PromotionConfiguration {
  return { hours: readHours(reader), optOutText: readText(reader) };
}

function readHours(reader: EnvironmentReader): Hours {
  const text = reader.raw('PROMOTIONAL_HOURS');
  if (text === null) return KENYAN_HOURS;
  const [fromHour = 0, fromMinutes = 0, toHour = 0, toMinutes = 0] = (HOURS.exec(text) ?? []).slice(1).map(Number);
  const hours = { fromMinute: fromHour * 60 + fromMinutes, toMinute: toHour * 60 + toMinutes };
  if (hours.fromMinute < hours.toMinute && hours.toMinute <= 1_440) return hours;
  reader.problem('PROMOTIONAL_HOURS', 'must be two times of one day in Nairobi, the earlier first: 08:00-18:00');
  return KENYAN_HOURS;
}

function readText(reader: EnvironmentReader): string {
  const text = reader.text('PROMOTIONAL_OPT_OUT_TEXT', SAFARICOM_TEXT);
  if (text.length <= LONGEST_TEXT && segmentsOf(text).encoding === 'gsm7') return text;
  reader.problem('PROMOTIONAL_OPT_OUT_TEXT', `must have at most ${LONGEST_TEXT} characters, all in the GSM-7 alphabet`);
  return SAFARICOM_TEXT;
}
