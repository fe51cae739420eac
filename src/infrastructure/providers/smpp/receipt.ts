import type { PDU } from 'smpp';
import type { SmppAccount } from '../../../application/ports/configuration';
import type { ReportReading } from '../../../application/ports/delivery-reports';
import type { ReportMeaning } from '../meaning';
import { isRecord, parseJson, toE164 } from '../wire';
import { NETWORK_ERRORS, STATE_WORDS, STATES, UNDELIVERABLE } from './codes';

/** Delivery receipt, and intermediate notification. */
const RECEIPT_CLASSES = 0x24;
/** Type of a network error code that is one of GSM. */
const GSM_ERROR = 3;

/** What is kept of a `deliver_sm`: all that anybody could need to read it later, as JSON. */
export function keepDelivery(pdu: PDU): Buffer {
  const buffer = (value: unknown): string | null => (Buffer.isBuffer(value) ? value.toString('hex') : null);
  return Buffer.from(
    JSON.stringify({
      source_addr: pdu['source_addr'],
      destination_addr: pdu['destination_addr'],
      esm_class: pdu['esm_class'],
      data_coding: pdu['data_coding'],
      text: textOf(pdu['short_message']) || textOf(pdu['message_payload']),
      receipted_message_id: pdu['receipted_message_id'],
      message_state: pdu['message_state'],
      network_error_code: buffer(pdu['network_error_code']),
    }),
  );
}

/** Some centres mark plain ASCII as UCS-2; read so it is not text at all. */
function textOf(message: unknown): string {
  const said = isRecord(message) ? message['message'] : message;
  const text = Buffer.isBuffer(said) ? said.toString('latin1') : typeof said === 'string' ? said : '';
  if (/\bstat:/i.test(text)) return text;
  const bytes = Buffer.from(text, 'utf16le').swap16().toString('latin1');
  return /\bid:\S+ .*\bstat:/is.test(bytes) ? bytes : text;
}

/** Ids are compared without regard to case and to zeros before them. */
export const canonicalId = (id: string): string =>
  id
    .trim()
    .toLowerCase()
    .replace(/^0+(?=.)/, '');

/** The id that the answer to the submission gave, from the way in which this provider's receipts write it. */
export function idOfReceipt(id: string, written: SmppAccount['receiptIds']): string {
  const text = id.trim();
  if (written === 'decimal' && /^\d{1,40}$/.test(text)) return canonicalId(BigInt(text).toString(16));
  if (written === 'hex' && /^[0-9a-f]{1,40}$/i.test(text)) return canonicalId(BigInt(`0x${text}`).toString(10));
  return canonicalId(text);
}

/** Null where it is no receipt: a text from a handset, say. */
export function readReceipt(raw: Buffer, written: SmppAccount['receiptIds']): ReportReading | null {
  const kept = parseJson(raw.toString('utf8'));
  if (!isRecord(kept)) return null;
  const { text, source_addr: source, esm_class: esmClass } = kept;
  const receipt = typeof text === 'string' ? text : '';
  const marked = typeof esmClass === 'number' && (esmClass & RECEIPT_CLASSES) !== 0;
  const word = (name: string): string => new RegExp(`\\b${name}:\\s*(\\S+)`, 'i').exec(receipt)?.[1] ?? '';
  const named = kept['receipted_message_id'];
  // The parameter repeats the answer's id; the text writes it in the centre's own way.
  const id = typeof named === 'string' && named !== '' ? canonicalId(named) : idOfReceipt(word('id'), written);
  const state = stateOf(kept['message_state'], word('stat'));
  const byState = state === null ? undefined : STATES.get(state);
  if (!marked || id === '' || id.length > 65 || state === null || byState === undefined) return null;
  const error = errorOf(kept['network_error_code'], word('err'));
  const known = state === UNDELIVERABLE && error !== null ? NETWORK_ERRORS.get(error) : undefined;
  const reading: ReportMeaning = known ?? byState;
  const name = [...STATE_WORDS].find(([, value]) => value === state)?.[0] ?? String(state);
  return {
    providerMessageId: id,
    part: true,
    phone: typeof source === 'string' ? toE164(source) : null,
    code: reading.outcome === 'failed' && error !== null && error > 0 ? `${name}_${error}` : name,
    ...reading,
  };
}

function stateOf(parameter: unknown, word: string): number | null {
  if (typeof parameter === 'number' && STATES.has(parameter)) return parameter;
  return STATE_WORDS.get(word.toUpperCase()) ?? null;
}

/** Null where there is none, or none that means the same everywhere. */
function errorOf(parameter: unknown, word: string): number | null {
  const bytes = typeof parameter === 'string' ? Buffer.from(parameter, 'hex') : Buffer.alloc(0);
  if (bytes.length === 3 && bytes[0] === GSM_ERROR) return bytes.readUInt16BE(1);
  return /^\d{1,5}$/.test(word) ? Number(word) : null;
}
