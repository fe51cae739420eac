import type { RecordedEvent } from '../../application/ports/event-store';
import type { DomainEvent } from '../../domain/shared/event';

/**
 * The domain's event within a stored one. The codec has checked its payload against its type, and a projection names the
 * types that it handles, so `E` is the union of those.
 */
export function eventOf<E extends DomainEvent>(recorded: RecordedEvent): E {
  return { type: recorded.type, data: recorded.data } as E;
}

/** Events by stream, each in order. */
export function byStream(events: readonly RecordedEvent[]): Map<string, RecordedEvent[]> {
  const streams = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    const stream = streams.get(event.stream);
    if (stream === undefined) streams.set(event.stream, [event]);
    else stream.push(event);
  }
  return streams;
}
