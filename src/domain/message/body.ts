import { withOptOutText } from '../opt-out/keyword';
import { DomainError } from '../shared/domain-error';
import { offendingCharacters, transliterate, type EncodingWish } from './encoding';
import { segmentsOf, type Segmentation } from './segments';

export const MAX_SEGMENTS = 10;
/** No text of ten parts is longer, so that a huge one is refused without being walked. */
const MAX_UNITS = MAX_SEGMENTS * 153;
/** With this flag a surrogate that stands alone is a character of its own; those of a pair are not seen. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** How a text is wanted. */
export interface BodyWish {
  readonly encoding: EncodingWish;
  /** More are refused; at most `MAX_SEGMENTS`. */
  readonly maxSegments: number;
  /** What a promotional text must end with; null: it need not. */
  readonly optOutText: string | null;
}

/** As it is, and as long as it may be. */
export const ANY_BODY: BodyWish = { encoding: 'auto', maxSegments: MAX_SEGMENTS, optOutText: null };

/** The text that is sent, and how it travels. */
export interface PreparedBody {
  readonly text: string;
  readonly segmentation: Segmentation;
}

/**
 * The text as the customer wants it sent.
 * @throws DomainError validation_failed on `body`, as `checkBody`, and where it is not what was wished for.
 */
export function prepareBody(text: string, { encoding, maxSegments, optOutText }: BodyWish): PreparedBody {
  // A text that cannot be sent as it is need not be walked for what could be replaced in it.
  const asIs = checkBody(text);
  const spelled = encoding === 'transliterate' ? transliterate(text) : text;
  const prepared = optOutText === null ? spelled : withOptOutText(spelled, optOutText);
  const segmentation = prepared === text ? asIs : checkBody(prepared);
  if (encoding === 'strict' && segmentation.encoding !== 'gsm7') throw notGsm7(text);
  if (segmentation.segments > maxSegments) {
    throw refused(`takes ${segmentation.segments} segments, more than max_segments allows`);
  }
  return { text: prepared, segmentation };
}

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

function notGsm7(text: string): DomainError {
  const named = offendingCharacters(text, 10).map(({ codePoint }) => codePoint);
  return refused(`holds characters that are not in GSM-7: ${named.join(', ')}`);
}

const tooLong = (): DomainError => refused(`must fit into ${MAX_SEGMENTS} segments`);

const refused = (message: string): DomainError =>
  new DomainError('validation_failed', `body ${message}`, [{ field: 'body', message }]);
