import pino, { type Logger as Pino } from 'pino';
import type { Logger } from '../../application/ports/logger';
import { describeError, scrub } from './scrub';

/** Members that must never reach a log, wherever a field holds them. */
const SECRET_MEMBERS = [
  'authorization',
  'body',
  'text',
  'to',
  'phone',
  'msisdn',
  'apiKey',
  'api_key',
  'key',
  'secret',
  'password',
  'otp',
  'idempotencyKey',
];

const redactedPaths = SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`, `*.*.${member}`]);

/** Structured JSON lines. Secret members are redacted by name; errors under `err` and all messages are scrubbed. */
export class PinoLogger implements Logger {
  private constructor(private readonly pino: Pino) {}

  static to(stream: NodeJS.WritableStream, level: string): PinoLogger {
    return new PinoLogger(
      pino(
        {
          level,
          base: { pid: process.pid },
          timestamp: pino.stdTimeFunctions.isoTime,
          formatters: { level: (label) => ({ level: label }) },
          redact: { paths: redactedPaths, censor: '[redacted]' },
          serializers: { err: describeError, error: describeError },
        },
        stream,
      ),
    );
  }

  debug(fields: object, message: string): void {
    this.pino.debug(fields, scrub(message));
  }

  info(fields: object, message: string): void {
    this.pino.info(fields, scrub(message));
  }

  warn(fields: object, message: string): void {
    this.pino.warn(fields, scrub(message));
  }

  error(fields: object, message: string): void {
    this.pino.error(fields, scrub(message));
  }

  child(fields: object): Logger {
    return new PinoLogger(this.pino.child(fields));
  }
}
