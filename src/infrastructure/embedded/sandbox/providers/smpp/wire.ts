import { encodings, type PDU } from 'smpp';
import type { Cause, Refusal, ReportMeaning } from '../../engine/fates';
import { isRecord, parseJson } from '../../json';
import type { Reply } from '../../store/inbox-store';
import type { OutgoingRequest } from '../../store/owed-store';

/** SMPP 3.4 as a message centre speaks it (`provider-contracts.md` §7). */
export const STATUS = {
  ok: 0x00,
  invalidLength: 0x01,
  notBound: 0x04,
  systemError: 0x08,
  invalidDestination: 0x0b,
  bindFailed: 0x0d,
  invalidPassword: 0x0e,
  invalidSystemId: 0x0f,
  submitFailed: 0x45,
  throttled: 0x58,
  temporary: 0x64,
} as const;
export const REFUSAL_STATUSES: Readonly<Record<Refusal, number>> = {
  no_route: STATUS.submitFailed,
  // The protocol has no word for it.
  opted_out: STATUS.invalidDestination,
  temporary: STATUS.temporary,
};

/** One text, or one part of a longer one. */
export interface Submission {
  /** E.164. */
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly wantsReport: boolean;
  readonly part: { readonly reference: number; readonly total: number; readonly number: number } | null;
}

const UDH_INDICATOR = 0x40;
const UCS2 = 8;
const LATIN1 = 3;
const LONGEST_SHORT_MESSAGE = 254;
/** What is the same octet in ASCII and in the alphabet of GSM. */
const BASIC = /^[ -#%-?A-Za-z\n]*$/;

/** Null where a field is not what the protocol says. */
export function readSubmission(pdu: PDU): Submission | null {
  const [to, from] = [pdu['destination_addr'], pdu['source_addr']];
  if (typeof to !== 'string' || !/^\+?[1-9]\d{6,14}$/.test(to) || typeof from !== 'string') return null;
  const short = bytesAndHeader(pdu['short_message'], pdu);
  const message = short.bytes.length > 0 ? short : bytesAndHeader(pdu['message_payload'], pdu);
  const registered = pdu['registered_delivery'];
  return {
    to: to.startsWith('+') ? to : `+${to}`,
    from,
    text: decode(message.bytes, pdu['data_coding']),
    wantsReport: typeof registered === 'number' && (registered & 3) === 1,
    part: partOf(message.header, pdu),
  };
}

interface Content {
  readonly bytes: Buffer | string;
  /** Elements of the header, each with its type and length. */
  readonly header: readonly Buffer[];
}

function bytesAndHeader(value: unknown, pdu: PDU): Content {
  const said = isRecord(value) ? value['message'] : value;
  const udh = isRecord(value) && Array.isArray(value['udh']) ? value['udh'] : [];
  const hasHeader = typeof pdu['esm_class'] === 'number' && (pdu['esm_class'] & UDH_INDICATOR) !== 0;
  const bytes = Buffer.isBuffer(said) || typeof said === 'string' ? said : '';
  return { bytes, header: hasHeader ? udh.filter((element: unknown) => Buffer.isBuffer(element)) : [] };
}

/** The package decodes what it knows; the rest comes as bytes. */
function decode(bytes: Buffer | string, dataCoding: unknown): string {
  if (typeof bytes === 'string') return bytes;
  if (dataCoding === UCS2) return Buffer.from(bytes).swap16().toString('utf16le');
  return dataCoding === LATIN1 ? bytes.toString('latin1') : encodings.ASCII.decode(bytes);
}

function partOf(header: readonly Buffer[], pdu: PDU): Submission['part'] {
  for (const element of header) {
    const [kind, length] = element;
    if (kind === 0 && length === 3 && element.length === 5) return part(element[2], element[3], element[4]);
    if (kind === 8 && length === 4 && element.length === 6)
      return part(element.readUInt16BE(2), element[4], element[5]);
  }
  return part(pdu['sar_msg_ref_num'], pdu['sar_total_segments'], pdu['sar_segment_seqnum']);
}

function part(reference: unknown, total: unknown, number: unknown): Submission['part'] {
  if (typeof reference !== 'number' || typeof total !== 'number' || typeof number !== 'number') return null;
  return total > 1 && number >= 1 && number <= total ? { reference, total, number } : null;
}

const STATES: Readonly<Record<string, number>> = {
  ENROUTE: 1,
  DELIVRD: 2,
  EXPIRED: 3,
  DELETED: 4,
  UNDELIV: 5,
  ACCEPTD: 6,
  UNKNOWN: 7,
  REJECTD: 8,
  SKIPPED: 9,
};

export interface Reported {
  /** As the answer to the submission gave it. */
  readonly messageId: string;
  readonly submission: Submission;
  /** The base in which this centre writes ids in receipts. */
  readonly radix: 10 | 16;
}

/** A `deliver_sm` that waits to be sent, as JSON; only its own courier reads it. */
export const DELIVERY_TYPE = 'application/x-smpp-deliver-sm';

/** A delivery receipt. In the base of the answers it names the id in a parameter too; a centre that writes another base is an old one. */
export function writeReceipt({ messageId, submission, radix }: Reported, meaning: ReportMeaning): OutgoingRequest {
  const { stat, error } = outcomeOf(meaning);
  const id = radix === 16 ? Number(messageId).toString(16).toUpperCase() : messageId;
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(2, 12);
  const delivered = stat === 'DELIVRD' ? '001' : '000';
  const text =
    `id:${id} sub:001 dlvrd:${delivered} submit date:${stamp} done date:${stamp} ` +
    `stat:${stat} err:${String(error).padStart(3, '0')} text:${submission.text.slice(0, 20).replace(/[^ -#%-?A-Za-z]/g, '.')}`;
  const parameters =
    radix === 16 ? {} : { receipted_message_id: messageId, message_state: STATES[stat], network_error: error };
  return delivery('reports', {
    source_addr: submission.to.slice(1),
    destination_addr: submission.from,
    esm_class: 4,
    text,
    ...parameters,
  });
}

/** A text from a handset, in as many parts as it takes; each says of how many it is which. */
export function writeInbound({ id, from, to, body }: Reply): OutgoingRequest[] {
  const [single, each] = BASIC.test(body) ? [160, 153] : [70, 67];
  const size = body.length <= single ? single : each;
  const total = Math.max(1, Math.ceil(body.length / size));
  const reference = Number(id.replace(/\D/g, '')) & 0xff;
  return Array.from({ length: total }, (_, index) =>
    delivery('inbound', {
      source_addr: from.slice(1),
      destination_addr: to,
      text: body.slice(index * size, (index + 1) * size),
      ...(total === 1 ? { esm_class: 0 } : { esm_class: UDH_INDICATOR, part: [reference, total, index + 1] }),
    }),
  );
}

/** The fields of the `deliver_sm`, from what was kept. */
export function readDelivery(body: string): Record<string, unknown> {
  const kept = parseJson(body);
  const { text, network_error: error, part, ...fields } = isRecord(kept) ? kept : {};
  const content = typeof text === 'string' ? text : '';
  const basic = BASIC.test(content);
  const bytes = basic ? Buffer.from(content, 'latin1') : Buffer.from(content, 'utf16le').swap16();
  return {
    ...fields,
    source_addr_ton: 1,
    source_addr_npi: 1,
    data_coding: basic ? 0 : UCS2,
    ...contentOf(bytes, part),
    ...(typeof error === 'number' ? { network_error_code: Buffer.from([3, error >> 8, error & 0xff]) } : {}),
  };
}

function contentOf(bytes: Buffer, part: unknown): object {
  if (Array.isArray(part)) {
    const udh = Buffer.from([5, 0, 3, ...part.map(Number)]);
    return { short_message: { udh, message: bytes } };
  }
  return bytes.length > LONGEST_SHORT_MESSAGE
    ? { short_message: '', message_payload: bytes }
    : { short_message: bytes };
}

function delivery(target: OutgoingRequest['target'], fields: object): OutgoingRequest {
  return { target, contentType: DELIVERY_TYPE, body: JSON.stringify(fields) };
}

/** A reason of our own is a state, or the number of a network's error. */
function outcomeOf(meaning: ReportMeaning): { stat: string; error: number } {
  if (meaning.kind === 'delivered') return { stat: 'DELIVRD', error: 0 };
  if (meaning.kind === 'in_transit') return { stat: meaning.step === 'sent' ? 'ACCEPTD' : 'ENROUTE', error: 0 };
  return undelivered(meaning.cause);
}

function undelivered(cause: Cause): { stat: string; error: number } {
  if ('own' in cause) {
    if (cause.own in STATES) return { stat: cause.own, error: 0 };
    return { stat: 'UNDELIV', error: Number(cause.own) || 0 };
  }
  return { stat: 'UNDELIV', error: { unknown_subscriber: 1, absent: 27, failed: 34 }[cause.known] };
}
