import { Module } from '@nestjs/common';
import { EraseSubjectHandler } from './erase-subject';

/** What people may ask for about their own data. */
@Module({ providers: [EraseSubjectHandler] })
export class PrivacyModule {}
