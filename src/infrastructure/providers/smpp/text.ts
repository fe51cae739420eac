import { encodings, type PDU } from 'smpp';
import type { TextPart, TextReading } from '../../../application/ports/inbound-texts';
import { isRecord, parseJson, personOf } from '../wire';

/** Receipts, acknowledgements and notifications: none of them is a text. */
const OTHER_CLASSES = 0x3c;
const UDH_INDICATOR = 0x40;
const UCS2 = 8;
const LATIN1 = 3;

/** A short message of a handset, by its class. */
export function isText(pdu: PDU): boolean {
  const esmClass = pdu['esm_class'];
  return typeof esmClass !== 'number' || (esmClass & OTHER_CLASSES) === 0;
}

/** What is kept of it, as JSON: the text read, since only the session knows how it was written. */
export function keepText(pdu: PDU): Buffer {
  const short = contentOf(pdu['short_message'], pdu);
  const content = short.text === '' ? contentOf(pdu['message_payload'], pdu) : short;
  return Buffer.from(
    JSON.stringify({
      source_addr: pdu['source_addr'],
      destination_addr: pdu['destination_addr'],
      text: content.text,
      part: content.part ?? partOf(pdu['sar_msg_ref_num'], pdu['sar_total_segments'], pdu['sar_segment_seqnum']),
    }),
  );
}

/** The protocol gives texts no id: one that comes again because our answer was lost is another. Null where it is none. */
export function readText(raw: Buffer): TextReading | null {
  const kept = parseJson(raw.toString('utf8'));
  if (!isRecord(kept)) return null;
  const { source_addr: source, destination_addr: to, text } = kept;
  const from = typeof source === 'string' ? personOf(source) : null;
  if (from === null || typeof to !== 'string' || typeof text !== 'string') return null;
  const part = isRecord(kept['part']) ? kept['part'] : {};
  const parted = partOf(part['reference'], part['total'], part['number']);
  return { kind: 'text', providerTextId: null, from, to, text, part: parted, isOptOut: false };
}

interface Content {
  readonly text: string;
  readonly part: TextPart | null;
}

function contentOf(value: unknown, pdu: PDU): Content {
  const said = isRecord(value) ? value['message'] : value;
  const udh: unknown = isRecord(value) ? value['udh'] : null;
  const hasHeader = typeof pdu['esm_class'] === 'number' && (pdu['esm_class'] & UDH_INDICATOR) !== 0;
  const text = Buffer.isBuffer(said) ? decode(said, pdu['data_coding']) : typeof said === 'string' ? said : '';
  return { text, part: hasHeader && Array.isArray(udh) ? partOfHeader(udh) : null };
}

/** The package decodes what it knows; the rest comes as bytes. */
function decode(bytes: Buffer, dataCoding: unknown): string {
  if (dataCoding === UCS2)
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return dataCoding === LATIN1 ? bytes.toString('latin1') : encodings.ASCII.decode(bytes);
}

/** Concatenation with a reference of eight bits, or of sixteen. */
function partOfHeader(header: readonly unknown[]): TextPart | null {
  for (const element of header) {
    if (!Buffer.isBuffer(element)) continue;
    const [kind, length] = element;
    if (kind === 0 && length === 3 && element.length === 5) return partOf(element[2], element[3], element[4]);
    if (kind === 8 && length === 4 && element.length === 6)
      return partOf(element.readUInt16BE(2), element[4], element[5]);
  }
  return null;
}

function partOf(reference: unknown, total: unknown, number: unknown): TextPart | null {
  if (typeof reference !== 'number' || typeof total !== 'number' || typeof number !== 'number') return null;
  return total > 1 && number >= 1 && number <= total ? { reference, total, number } : null;
}
