import { isRecord } from '../json';
import type { FieldError } from '../control/problem';
import { DEFAULT_REPORT, NO_FAULTS, type FaultError, type FaultSettings, type ReportSettings } from './settings';

export type ParsedSettings = { settings: FaultSettings } | { errors: FieldError[] };

/** Says whether the contract has such an error code. */
export type KnowsCode = (code: string | number) => boolean;

/** Returns what is wrong with a value, or null. */
type Rule = (value: unknown) => string | null;

const oneOf =
  (...allowed: readonly (string | number)[]): Rule =>
  (value) =>
    allowed.some((entry) => entry === value) ? null : `must be one of ${allowed.join(', ')}`;
const integer =
  (from: number, to: number): Rule =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to
      ? null
      : `must be an integer from ${from} to ${to}`;
const flag: Rule = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
const share: Rule = (value) =>
  typeof value === 'number' && value >= 0 && value <= 1 ? null : 'must be a number from 0 to 1';
const word: Rule = (value) =>
  typeof value === 'string' && /^[A-Za-z0-9_ -]{1,64}$/.test(value)
    ? null
    : 'must be 1 to 64 letters, digits, spaces, - or _';

const DAY_MS = 86_400_000;
const SENDER = /^\+?[A-Za-z0-9][A-Za-z0-9 ._-]{0,19}$/;
const REPORT_RULES: Readonly<Record<keyof ReportSettings, Rule>> = {
  outcome: oneOf('delivered', 'undelivered', 'none'),
  reason: word,
  delay_ms: integer(0, DAY_MS),
  before_answer: flag,
  copies: integer(1, 20),
  reorder: flag,
  contradict: flag,
  unknown_id: flag,
  bad_signature: flag,
  id_radix: oneOf(10, 16),
};
const TOP_RULES: Readonly<Record<Exclude<keyof FaultSettings, 'errors' | 'report'>, Rule>> = {
  share,
  outage: oneOf('none', 'refuse', 'reset', '503'),
  hang: oneOf('none', 'before_accept', 'after_accept'),
  latency_ms: integer(0, 600_000),
  answer: oneOf('normal', 'error_in_200', 'html', 'oversize'),
  retry_after_s: integer(0, 86_400),
};

/**
 * Merges `patch` into `current`, strictly: an unknown field or a bad value is an error and nothing is changed. As in a
 * JSON merge patch, null puts a field back to its default and `report` is merged field by field; `errors` is replaced.
 */
export function parseSettings(patch: unknown, current: FaultSettings, knowsCode: KnowsCode): ParsedSettings {
  if (!isRecord(patch)) return { errors: [{ field: '', message: 'the body must be a JSON object' }] };
  const errors: FieldError[] = [];
  const { errors: codes, report, ...plain } = patch;
  const top = merge(plain, current, NO_FAULTS, TOP_RULES, '', errors);
  const reported = report === undefined || report === null ? {} : report;
  if (!isRecord(reported)) errors.push({ field: 'report', message: 'must be an object' });
  const base = report === null ? DEFAULT_REPORT : current.report;
  const merged = merge(isRecord(reported) ? reported : {}, base, DEFAULT_REPORT, REPORT_RULES, 'report.', errors);
  const list = codes === undefined ? current.errors : parseErrors(codes ?? [], knowsCode, errors);
  if (errors.length > 0) return { errors };
  return { settings: { ...top, errors: list, report: merged } };
}

function merge<T extends object>(
  patch: Record<string, unknown>,
  current: T,
  defaults: T,
  rules: Readonly<Record<string, Rule>>,
  prefix: string,
  errors: FieldError[],
): T {
  const changes: Record<string, unknown> = {};
  const standard = new Map<string, unknown>(Object.entries(defaults));
  for (const [field, value] of Object.entries(patch)) {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined;
    if (rule === undefined) {
      errors.push({ field: prefix + field, message: 'is not a known field' });
      continue;
    }
    const wrong = value === null ? null : rule(value);
    if (wrong !== null) errors.push({ field: prefix + field, message: wrong });
    changes[field] = value === null ? standard.get(field) : value;
  }
  return { ...current, ...changes };
}

function parseErrors(value: unknown, knowsCode: KnowsCode, errors: FieldError[]): FaultError[] {
  if (!Array.isArray(value) || value.length > 20) {
    errors.push({ field: 'errors', message: 'must be an array of at most 20 {code, share, from}' });
    return [];
  }
  const list = value.map((entry: unknown, index) => parseError(entry, `errors[${index}]`, knowsCode, errors));
  if (list.reduce((sum, entry) => sum + entry.share, 0) > 1.000_001)
    errors.push({ field: 'errors', message: 'the shares may not add up to more than 1' });
  return list;
}

function parseError(entry: unknown, at: string, knowsCode: KnowsCode, errors: FieldError[]): FaultError {
  const none: FaultError = { code: '', share: 0 };
  if (!isRecord(entry)) {
    errors.push({ field: at, message: 'must be an object {code, share, from}' });
    return none;
  }
  for (const field of Object.keys(entry)) {
    if (field !== 'code' && field !== 'share' && field !== 'from')
      errors.push({ field: `${at}.${field}`, message: 'is not a known field' });
  }
  const { code, share: part = 1, from } = entry;
  const wrong = share(part);
  if (wrong !== null) errors.push({ field: `${at}.share`, message: wrong });
  if (from !== undefined && (typeof from !== 'string' || !SENDER.test(from)))
    errors.push({ field: `${at}.from`, message: 'must be a sender of 1 to 20 characters' });
  if ((typeof code !== 'string' && typeof code !== 'number') || !knowsCode(code)) {
    errors.push({ field: `${at}.code`, message: 'is not a code of this provider' });
    return none;
  }
  const error: FaultError = { code, share: typeof part === 'number' ? part : 0 };
  return typeof from === 'string' ? { ...error, from } : error;
}
