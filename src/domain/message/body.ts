import { DomainError } from '../shared/domain-error';
import { segmentsOf, type Segmentation } from './segments';

export const MAX_SEGMENTS = 10;
/** No text of ten parts is longer, so that a huge one is refused without being walked. */
const MAX_UNITS = MAX_SEGMENTS * 153;
/** With this flag a surrogate that stands alone is a character of its own; those of a pair are not seen. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Whether a text can be sent, and how it travels. Anything that a person may mean is left as it is: right-to-left marks,
 * zero-width characters, control characters other than NUL.
 * @throws DomainError validation_failed on `body`: empty or only spaces, more than ten segments, NUL, half a surrogate pair.
 */
export function checkBody(text: string): Segmentation {
  if (text.length > MAX_UNITS) throw tooLong();
  if (text.trim() === '') throw refused('must not be empty');
  if (text.includes('\0')) throw refused('must not contain the character U+0000');
  if (LONE_SURROGATE.test(text)) throw refused('must be well-formed Unicode: it holds half of a surrogate pair');
  const segmentation = segmentsOf(text);
  if (segmentation.segments > MAX_SEGMENTS) throw tooLong();
  return segmentation;
}

const tooLong = (): DomainError => refused(`must fit into ${MAX_SEGMENTS} segments`);

const refused = (message: string): DomainError =>
  new DomainError('validation_failed', `body ${message}`, [{ field: 'body', message }]);
