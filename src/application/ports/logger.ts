export const LOGGER = Symbol('Logger');
/** Structured log. Fields never hold a body, a code, a key or a full phone number. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}
