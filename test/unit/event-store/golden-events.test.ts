import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EventCodec } from '../../../src/infrastructure/event-store/registry/event-codec';
import { EVENT_FAMILIES, eventRegistry } from '../../../src/infrastructure/event-store/registry/event-registry';
import { renderEventsDocument } from '../../../src/infrastructure/event-store/registry/events-document';
import { stored } from './fixtures';

const root = resolve(__dirname, '..', '..', '..');
const folder = join(root, 'test', 'golden', 'events');
const codec = new EventCodec(eventRegistry);

/** One event as it was once stored, and what it is read as today. A file is never changed; only `expected` follows upcasters. */
interface Golden {
  stored: { data: string; metadata: string };
  expected: { data: unknown; metadata: unknown };
}

const files = readdirSync(folder).map((name) => {
  const [, type, version] = /^(\w+)\.v(\d+)\.json$/.exec(name) ?? [];
  if (type === undefined) throw new Error(`${name} is no golden file`);
  return {
    name,
    type,
    version: Number(version),
    golden: JSON.parse(readFileSync(join(folder, name), 'utf8')) as Golden,
  };
});

describe('golden events', () => {
  it.each(files)('reads $name as it always did', ({ type, version, golden }) => {
    const decoded = codec.decode(stored(type, golden.stored.data, golden.stored.metadata));
    expect(decoded).toMatchObject({ kind: 'event' });
    if (decoded.kind !== 'event') throw new Error(decoded.event.detail);
    expect(decoded.event.data).toStrictEqual(golden.expected.data);
    expect(decoded.event.metadata).toStrictEqual(golden.expected.metadata);
    expect(decoded.event.metadata.schema).toBe(version);
  });

  it.each([...eventRegistry])('has every version of %s', (type, { version }) => {
    const versions = files.filter((file) => file.type === type).map((file) => file.version);
    expect(versions.sort((a, b) => a - b)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
  });

  it('writes today what the newest file holds', () => {
    const id = '0192d3a4-0000-4000-8000-000000000003';
    for (const { type, version, golden } of files) {
      if (eventRegistry.get(type)?.version !== version) continue;
      const decoded = codec.decode(stored(type, golden.stored.data, golden.stored.metadata));
      if (decoded.kind !== 'event') throw new Error(`${type}: ${decoded.event.detail}`);
      const encoded = codec.encode({ id, event: decoded.event, metadata: decoded.event.metadata });
      expect({ data: encoded.data, metadata: encoded.metadata }).toEqual(golden.stored);
    }
  });
});

describe('docs/EVENTS.md', () => {
  it('is what the registry says (else: npm run build && node tools/events-doc.mjs)', () => {
    expect(readFileSync(join(root, 'docs', 'EVENTS.md'), 'utf8')).toBe(renderEventsDocument(EVENT_FAMILIES));
  });
});
