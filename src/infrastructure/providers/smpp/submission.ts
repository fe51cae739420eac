import { encodings } from 'smpp';
import type { SmsSubmission } from '../../../application/ports/sms-gateway';
import { partsOf } from '../../../domain/message/segments';

const SMSC_DEFAULT = 0;
const UCS2 = 8;
const TON = { unknown: 0, international: 1, networkSpecific: 3, alphanumeric: 5 } as const;
const NPI = { unknown: 0, isdn: 1 } as const;
/** Longer ones are international numbers, shorter ones short codes. */
const LONGEST_SHORT_CODE = 6;

/** The fields of each `submit_sm` of a message; more than one are joined by a header with `reference` (0 to 255). */
export function writeSubmission(submission: SmsSubmission, reference: number): Record<string, unknown>[] {
  const { to, from, body, encoding, validForSeconds } = submission;
  const parts = partsOf(body, encoding);
  const common = {
    ...sourceOf(from),
    dest_addr_ton: TON.international,
    dest_addr_npi: NPI.isdn,
    destination_addr: to.slice(1),
    // The package's own choice for text is IA5, which many centres read as something else.
    data_coding: encoding === 'gsm7' ? SMSC_DEFAULT : UCS2,
    registered_delivery: 1,
    validity_period: relativeTime(validForSeconds),
  };
  return parts.map((part, index) => {
    const message = encoding === 'gsm7' ? encodings.ASCII.encode(part) : Buffer.from(part, 'utf16le').swap16();
    if (parts.length === 1) return { ...common, short_message: message };
    const udh = Buffer.from([5, 0, 3, reference & 0xff, parts.length, index + 1]);
    return { ...common, short_message: { udh, message } };
  });
}

function sourceOf(from: string): Record<string, unknown> {
  const digits = /^\+?(\d{3,15})$/.exec(from)?.[1];
  if (digits === undefined) {
    return { source_addr_ton: TON.alphanumeric, source_addr_npi: NPI.unknown, source_addr: from };
  }
  return digits.length <= LONGEST_SHORT_CODE
    ? { source_addr_ton: TON.networkSpecific, source_addr_npi: NPI.unknown, source_addr: digits }
    : { source_addr_ton: TON.international, source_addr_npi: NPI.isdn, source_addr: digits };
}

/** `YYMMDDhhmmss000R`; a message is valid for days at most. */
export function relativeTime(seconds: number): string {
  const whole = Math.max(1, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24];
  return `0000${two(days)}${two(hours)}${two(Math.floor(whole / 60) % 60)}${two(whole % 60)}000R`;
}
