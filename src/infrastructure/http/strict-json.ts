import { isUtf8 } from 'node:buffer';
import { DomainError, type FieldError } from '../../domain/shared/domain-error';
import type { JsonValue } from '../../domain/shared/json';

/** Deeper than any document of ours, shallow enough that walking it by recursion is safe. */
const MAX_DEPTH = 32;
const FORBIDDEN_MEMBERS = new Set(['__proto__', 'constructor']);
const LONE_SURROGATE = /\p{Surrogate}/u;

const REPLACEMENT = '\ufffd';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/**
 * JSON as RFC 8259 has it, and stricter where parsers differ: UTF-8 without a byte order mark, no member twice, at most 32
 * levels, no half of a surrogate pair.
 * @throws DomainError malformed_json; validation_failed for members named `__proto__` or `constructor`, for U+0000, and
 * for texts whose bytes are not UTF-8 in a document that can be read otherwise
 */
export function parseStrictJson(bytes: Buffer): JsonValue {
  const { value, fields } = readStrictJson(bytes);
  if (fields.length > 0) throw badFields(fields);
  return value;
}

export const badFields = (fields: readonly FieldError[]): DomainError =>
  new DomainError('validation_failed', 'The request has fields that cannot be accepted.', fields);

/** The same where the caller judges by their paths what may not stand in it. @throws DomainError malformed_json */
export function readStrictJson(bytes: Buffer): { readonly value: JsonValue; readonly fields: readonly FieldError[] } {
  const wellFormed = isUtf8(bytes);
  const text = bytes.toString('utf8');
  if (text.charCodeAt(0) === 0xfeff) throw malformed('The body begins with a byte order mark.');
  const members = countMembers(text);
  const value = parse(text, wellFormed);
  // Bytes that are UTF-8 hold no half pair, and JSON no raw NUL: both can only come in by an escape.
  const walk = new Walk(text.includes('\\u'), wellFormed);
  walk.visit(value, '');
  // JSON.parse keeps the last of members with one name, so a name that came twice is missing from what it returns.
  if (walk.members !== members) throw malformed('The body names a member twice.');
  return { value, fields: walk.fields };
}

function parse(text: string, wellFormed: boolean): JsonValue {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) throw malformed(wellFormed ? 'The body is not JSON.' : 'The body is not UTF-8.');
    throw error;
  }
}

/**
 * Members of all objects, by the colons outside strings, with a look at the depth before the parser builds it. Text that
 * is no JSON gives some number, and the parser's refusal.
 */
function countMembers(text: string): number {
  let members = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case COLON:
        members += 1;
        break;
      case 0x7b:
      case 0x5b:
        depth += 1;
        if (depth > MAX_DEPTH) throw malformed(`The body is nested more than ${MAX_DEPTH} levels deep.`);
        break;
      case 0x7d:
      case 0x5d:
        depth -= 1;
        break;
    }
  }
  return members;
}

/** Of the quote that ends the string which begins at `start`, or of the last character where none does. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) return i;
    if (unit === BACKSLASH) i += 1;
  }
  return text.length - 1;
}

/** Looks at every name and every text of a parsed document. */
class Walk {
  members = 0;
  readonly fields: FieldError[] = [];

  constructor(
    private readonly hasEscapes: boolean,
    private readonly wellFormed: boolean,
  ) {}

  visit(value: JsonValue, path: string): void {
    if (typeof value === 'string') this.text(value, path);
    else if (Array.isArray(value)) value.forEach((item, i) => this.visit(item, `${path}[${i}]`));
    else if (typeof value === 'object' && value !== null) this.object(value, path);
  }

  private object(value: { [key: string]: JsonValue }, path: string): void {
    for (const name of Object.keys(value)) {
      this.members += 1;
      const member = path === '' ? name : `${path}.${name}`;
      this.text(name, path);
      const inner = value[name];
      if (FORBIDDEN_MEMBERS.has(name)) this.fields.push({ field: member, message: 'is not a known field' });
      if (inner !== undefined) this.visit(inner, member);
    }
  }

  private text(text: string, path: string): void {
    // Where bytes could not be read, this character stands in their place.
    if (!this.wellFormed && text.includes(REPLACEMENT)) this.fields.push({ field: path, message: 'must be UTF-8' });
    if (!this.hasEscapes) return;
    if (LONE_SURROGATE.test(text)) throw malformed('The body holds half of a surrogate pair.');
    if (text.includes('\0')) this.fields.push({ field: path, message: 'must not contain the character U+0000' });
  }
}

const malformed = (detail: string): DomainError => new DomainError('malformed_json', detail);
