import { crockford } from '../../domain/shared/ids';

/** The message that a text becomes, by the text's UUID: whoever it belongs to, it is one. */
export const messageIdOf = (textId: string): string =>
  `msg_${crockford(Buffer.from(textId.replaceAll('-', ''), 'hex'))}`;
