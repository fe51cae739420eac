import { Module } from '@nestjs/common';
import { AcceptLogHandler } from './accept-log';

/** What becomes of a log that has lost something. */
@Module({ providers: [AcceptLogHandler] })
export class RestoringModule {}
