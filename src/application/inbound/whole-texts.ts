import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, type Clock } from '../ports/clock';
import {
  INBOUND_INBOX,
  INBOUND_READERS,
  type InboundInbox,
  type InboundReaders,
  type InboxPart,
  type InboxText,
  type TextReading,
  type TextVerdict,
} from '../ports/inbound-texts';

/** How long the first part of a text waits for the last. */
const COMPLETE_WITHIN_MS = 600_000;
const PAUSE_MS = 5_000;
/** Stands where a part never came. */
const MISSING = '…';

/** A text in one piece. */
export interface WholeText {
  /** Its message is named after this one: the first part's. */
  readonly first: InboxText;
  readonly reading: TextReading;
  /** All that is settled with it. */
  readonly ids: readonly string[];
}

interface ReadPart {
  readonly inbox: InboxPart;
  readonly reading: TextReading;
  readonly number: number;
}

/**
 * Long texts come in parts, in any order, some twice. The last that was missing makes them whole; after ten minutes what has
 * come is the text, since a message with a gap is better than none.
 */
@Injectable()
export class WholeTexts {
  constructor(
    @Inject(INBOUND_INBOX) private readonly inbox: InboundInbox,
    @Inject(INBOUND_READERS) private readonly readers: InboundReaders,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The whole of which this is a part; or what becomes of the part where there is no whole. */
  async of(text: InboxText, reading: TextReading): Promise<WholeText | TextVerdict> {
    if (reading.part === null) return { first: text, reading, ids: [text.id] };
    const all = this.read(await this.inbox.partsOf(text));
    const open = all.filter(({ inbox }) => !inbox.settled);
    // Another worker has just made it whole.
    if (!open.some(({ inbox }) => inbox.id === text.id)) return duplicate(text);
    const byNumber = new Map<number, ReadPart>();
    for (const part of open) if (!byNumber.has(part.number)) byNumber.set(part.number, part);
    const { total, number } = reading.part;
    const waitedMs = this.clock.now() - Date.parse(text.receivedAt);
    if (byNumber.size < total) {
      const again = all.some(
        ({ inbox, ...part }) => inbox.settled && part.number === number && part.reading.text === reading.text,
      );
      if (again && byNumber.size === 1) return duplicate(text);
      if (waitedMs < COMPLETE_WITHIN_MS) return { kind: 'later', pauseMs: PAUSE_MS };
    }
    const numbers = Array.from({ length: total }, (_, index) => index + 1);
    const body = numbers.map((one) => byNumber.get(one)?.reading.text ?? MISSING).join('');
    const [first] = [...byNumber].sort(([a], [b]) => a - b).map(([, part]) => part.inbox);
    const ids = open.map(({ inbox }) => inbox.id);
    return { first: first ?? text, reading: { ...reading, text: body, part: null }, ids };
  }

  private read(parts: readonly InboxPart[]): ReadPart[] {
    return parts.flatMap((inbox) => {
      const reading = this.readers.readInbound(inbox.provider, inbox.kind, inbox.raw);
      if (reading?.kind !== 'text' || reading.part === null) return [];
      return [{ inbox, reading, number: reading.part.number }];
    });
  }
}

const duplicate = ({ id }: InboxText): TextVerdict => ({ kind: 'settled', outcome: 'duplicate', ids: [id] });
