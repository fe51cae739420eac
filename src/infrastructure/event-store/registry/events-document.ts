import type { TSchema } from '@sinclair/typebox';
import type { EventDefinition } from './event-definition';

/** Where a family of events is written, in the order of the document. */
export interface EventFamily {
  readonly title: string;
  readonly streams: string;
  readonly events: Readonly<Record<string, EventDefinition>>;
}

const INTRODUCTION = `# Events

<!-- Generated from src/infrastructure/event-store/registry by tools/events-doc.mjs. Do not edit. -->

Every event that the gateway writes. A payload is JSON; amounts are decimal strings of 1/10 000 KES, times RFC 3339 in UTC.
\`sealed\` is \`{kid, iv, ct, tag}\`: AES-256-GCM under a key of its subject, which can be destroyed. A new meaning is a new
event; a new shape is a new version, and every version ever written stays readable.

Beside each event stand \`$correlationId\`, \`$causationId\`, \`customerId\` (null where no customer is concerned),
\`actor {kind, id}\`, \`schema\` (the version of the payload) and \`at\` (when the command was accepted).
`;

/** The text of docs/EVENTS.md. */
export function renderEventsDocument(families: readonly EventFamily[]): string {
  return [INTRODUCTION, ...families.map(renderFamily)].join('\n');
}

function renderFamily({ title, streams, events }: EventFamily): string {
  const sections = Object.entries(events).map(([type, definition]) => renderEvent(type, definition));
  return [`## ${title}`, '', `Stream ${streams}.`, '', sections.join('\n')].join('\n');
}

function renderEvent(type: string, { summary, version, schema }: EventDefinition): string {
  const rows = Object.entries(propertiesOf(schema)).map(
    ([name, property]) => `| \`${name}\`${isRequired(schema, name) ? '' : ' (optional)'} | ${typeText(property)} |`,
  );
  return [
    `### ${type}`,
    '',
    `${summary} Version ${version}.`,
    '',
    '| member | type |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const propertiesOf = (schema: TSchema): Record<string, TSchema> => {
  const properties: unknown = schema['properties'];
  return isSchemas(properties) ? properties : {};
};

const isSchemas = (value: unknown): value is Record<string, TSchema> => typeof value === 'object' && value !== null;

const isRequired = (schema: TSchema, name: string): boolean => {
  const required: unknown = schema['required'];
  return Array.isArray(required) && required.includes(name);
};

/** In the words of the document: a description where the schema has one, else what JSON Schema says. */
function typeText(schema: TSchema): string {
  const { description } = schema;
  if (typeof description === 'string') return description;
  const words: unknown = schema['enum'];
  if (Array.isArray(words)) return words.map((word) => `\`"${String(word)}"\``).join(', ');
  const branches: unknown = schema['anyOf'];
  if (Array.isArray(branches)) return branches.map((branch: TSchema) => typeText(branch)).join(' or ');
  const type: unknown = schema['type'];
  if (type === 'array' && isSchema(schema['items'])) return `list of ${typeText(schema['items'])}`;
  if (type === 'object') {
    const members = Object.entries(propertiesOf(schema)).map(
      ([name, property]) => `\`${name}\`${isRequired(schema, name) ? '' : ' (optional)'}: ${typeText(property)}`,
    );
    return `{ ${members.join('; ')} }`;
  }
  return String(type);
}

const isSchema = (value: unknown): value is TSchema => typeof value === 'object' && value !== null;
