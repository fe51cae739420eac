/**
 * Instants without the platform's Date, whose parsing and clock have no place in a decider. All are UTC; ISO texts have
 * the form `2026-01-31T23:59:59.999Z` (a fraction of other length, or none, is read too).
 */
const ISO = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;
const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of a civil date: years begin in March here, so that a leap day is the last day of its year. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** Milliseconds since 1970. @throws RangeError where the text is no UTC instant. */
export function epochMs(iso: string): number {
  const match = ISO.exec(iso);
  if (match === null) throw new RangeError(`not a UTC instant: ${iso}`);
  const part = (i: number): number => Number(match[i] ?? '0');
  const ms = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  return daysOf(part(1), part(2), part(3)) * DAY_MS + ((part(4) * 60 + part(5)) * 60 + part(6)) * 1000 + ms;
}

/** The ISO text of milliseconds since 1970, for years 0 to 9999. */
export function isoOf(ms: number): string {
  const days = Math.floor(ms / DAY_MS);
  const rest = ms - days * DAY_MS;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const pad = (n: number, width: number): string => Math.floor(n).toString().padStart(width, '0');
  const time = `${pad(rest / 3_600_000, 2)}:${pad((rest / 60_000) % 60, 2)}:${pad((rest / 1000) % 60, 2)}`;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${time}.${pad(rest % 1000, 3)}Z`;
}

export const isoAfter = (iso: string, ms: number): string => isoOf(epochMs(iso) + ms);
