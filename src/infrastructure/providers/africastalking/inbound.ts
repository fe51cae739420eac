import type { InboundKind, InboundReading } from '../../../application/ports/inbound-texts';
import { personOf, toE164 } from '../wire';

const LONGEST_ID = 200;

/** Reads the form of a text or of an opt-out; null where it is none. */
export function readAfricasTalkingInbound(kind: InboundKind, raw: Buffer): InboundReading | null {
  const form = new URLSearchParams(raw.toString('utf8'));
  return kind === 'text' ? readText(form) : readOptOut(form);
}

function readText(form: URLSearchParams): InboundReading | null {
  const id = form.get('id')?.trim() ?? '';
  const from = personOf(form.get('from') ?? '');
  const [to, text] = [form.get('to'), form.get('text')];
  if (id === '' || id.length > LONGEST_ID || from === null || to === null || text === null) return null;
  return { kind: 'text', providerTextId: id, from, to, text, part: null, isOptOut: false };
}

/** Alphanumeric senders cannot be answered: people opt out of them with a code that the network keeps. */
function readOptOut(form: URLSearchParams): InboundReading | null {
  const sender = form.get('senderId')?.trim() ?? '';
  const phone = toE164(form.get('phoneNumber') ?? '');
  return sender === '' || phone === null ? null : { kind: 'opt_out', sender, phone };
}
