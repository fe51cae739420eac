import type { RecordedEvent } from '../../application/ports/event-store';
import type { OptOutEvent, RecipientOptedOut } from '../../domain/opt-out/events';
import { streamPrefixes } from '../../domain/shared/streams';
import { eventOf } from '../../projections/shared/event-of';
import { keys, optOutMember } from './keys';
import { LogMirror, type MirrorParts } from './log-mirror';

type OptOut = Pick<RecipientOptedOut['data'], 'customerId' | 'mode' | 'subjectId' | 'sender'> & {
  readonly stands: boolean;
};

/** Opt-outs of one statement and of one write. */
const WRITTEN_AT_ONCE = 1_000;

/** The opt-outs of the log: a set of senders for each recipient who has any. */
export class OptOutCache extends LogMirror<OptOut> {
  constructor(parts: MirrorParts) {
    super({ name: 'opt-outs', streamPrefix: streamPrefixes.optOut, marker: keys.optOutsWritten }, parts);
  }

  protected read(recorded: RecordedEvent, known: (id: string) => OptOut | undefined): [string, OptOut] | null {
    const event = eventOf<OptOutEvent>(recorded);
    const { optOutId } = event.data;
    if (event.type === 'RecipientOptedOut') {
      // The sealed number stays behind: memory holds one of these for each opt-out there ever was.
      const { customerId, mode, subjectId, sender } = event.data;
      return [optOutId, { customerId, mode, subjectId, sender, stands: true }];
    }
    const before = known(optOutId);
    return before === undefined ? null : [optOutId, { ...before, stands: false }];
  }

  protected async write(optOuts: readonly OptOut[]): Promise<void> {
    for (let from = 0; from < optOuts.length; from += WRITTEN_AT_ONCE) {
      await this.writeSome(optOuts.slice(from, from + WRITTEN_AT_ONCE));
    }
  }

  private async writeSome(optOuts: readonly OptOut[]): Promise<void> {
    const found = await this.parts.subjects.find([...new Set(optOuts.map(({ subjectId }) => subjectId))]);
    const answers = await this.parts.connection.run((redis) => {
      const pipeline = redis.pipeline();
      for (const { customerId, mode, subjectId, sender, stands } of optOuts) {
        const subject = found.get(subjectId);
        if (subject === undefined) continue;
        const key = keys.optedOut(customerId, mode, subject.lookupHash);
        if (stands) pipeline.sadd(key, optOutMember(sender));
        else pipeline.srem(key, optOutMember(sender));
      }
      return pipeline.exec();
    });
    for (const [error] of answers ?? []) if (error !== null) throw error;
  }
}
