import type { StoredEvent } from '../storage/record';
import { handlerThrew } from '../wire/grpc-status';

/** A server-side filter of `$all`, as a client asks for it. Of `regex` and `prefixes` one is set. */
export interface FilterSpecification {
  readonly on: 'stream' | 'type';
  readonly regex?: string;
  readonly prefixes: readonly string[];
}

export type EventFilter = (event: StoredEvent) => boolean;

/** Compiles a filter. Throws GrpcError if the regular expression is not one. */
export function compileFilter({ on, regex, prefixes }: FilterSpecification): EventFilter {
  if (regex) {
    const pattern = compileRegex(regex);
    return on === 'stream' ? (event) => pattern.test(event.stream) : (event) => pattern.test(event.type);
  }
  // Names are compared as bytes: nothing is decoded for an event that is passed over.
  const wanted = prefixes.map((prefix) => Buffer.from(prefix, 'utf8'));
  const bytesOf = on === 'stream' ? (event: StoredEvent) => event.streamBytes : (event: StoredEvent) => event.typeBytes;
  return (event) => {
    const bytes = bytesOf(event);
    return wanted.some((prefix) => startsWith(bytes, prefix));
  };
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}

/** .NET's flags at the front of an expression, as `(?i)`, and its anchors of the whole text. */
const INLINE_FLAGS = /^\(\?([imsn]+)\)/;
const WHOLE_TEXT_ANCHORS = /\\(.)/gs;

/** Compiles an expression of .NET's dialect as far as that goes beyond JavaScript's in what filters use. */
function compileRegex(text: string): RegExp {
  const flags = INLINE_FLAGS.exec(text)?.[1]?.replace('n', '') ?? '';
  const source = text
    .replace(INLINE_FLAGS, '')
    .replace(WHOLE_TEXT_ANCHORS, (escape, character: string) =>
      character === 'A' ? '(?<![^])' : character === 'z' || character === 'Z' ? '(?![^])' : escape,
    );
  try {
    return new RegExp(source, `${flags}u`);
  } catch {
    // .NET takes escapes that the strict mode of JavaScript does not, such as `\-`.
    try {
      return new RegExp(source, flags);
    } catch {
      throw handlerThrew();
    }
  }
}
