import { Global, Module } from '@nestjs/common';
import { PROJECTION_REGISTRY } from '../../application/ports/projection';
import { ProjectionEngine } from './projection-engine';

/** The engine of the read side; features register their projections with it. */
@Global()
@Module({
  providers: [ProjectionEngine, { provide: PROJECTION_REGISTRY, useExisting: ProjectionEngine }],
  exports: [ProjectionEngine, PROJECTION_REGISTRY],
})
export class ProjectionEngineModule {}
