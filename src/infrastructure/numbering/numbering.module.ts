import { Global, Module } from '@nestjs/common';
import { NUMBERING_PLAN } from '../../application/ports/numbering-plan';
import { WorldNumberingPlan } from './world-numbering-plan';

/** The numbering plans of the world. */
@Global()
@Module({
  providers: [{ provide: NUMBERING_PLAN, useClass: WorldNumberingPlan }],
  exports: [NUMBERING_PLAN],
})
export class NumberingModule {}
