// Writes docs/EVENTS.md from the registry of events, or with --check says whether it is up to date (exit 1 if it is not).
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const registry = join(root, 'dist', 'infrastructure', 'event-store', 'registry');
const document = join(root, 'docs', 'EVENTS.md');

if (!existsSync(join(registry, 'event-registry.js'))) {
  console.error('The program is not built: run `npm run build` first.');
  process.exit(1);
}
const require = createRequire(import.meta.url);
const { EVENT_FAMILIES } = require(join(registry, 'event-registry.js'));
const { renderEventsDocument } = require(join(registry, 'events-document.js'));
const text = renderEventsDocument(EVENT_FAMILIES);

if (!process.argv.includes('--check')) {
  writeFileSync(document, text);
} else if (!existsSync(document) || readFileSync(document, 'utf8') !== text) {
  console.error('docs/EVENTS.md is not what the registry says: run `node tools/events-doc.mjs`.');
  process.exit(1);
}
