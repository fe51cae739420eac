import { first } from './event-definition';
import { exact, text } from './schema-parts';

/** Streams `subject-{sub_}`. */
export const privacyEvents = {
  SubjectErased: first(
    'The recipient’s key is destroyed: everything sealed under it reads `[erased]`, for good.',
    exact({ subjectId: text, customerId: text, note: text }),
  ),
};
