import { Global, Module } from '@nestjs/common';
import { PROJECTION_REGISTRY } from '../../application/ports/projection';
import { ProjectionAdministration } from './projection-administration';
import { ProjectionEngine } from './projection-engine';

/** The engine of the read side; features register their projections with it. */
@Global()
@Module({
  providers: [
    ProjectionEngine,
    ProjectionAdministration,
    { provide: PROJECTION_REGISTRY, useExisting: ProjectionEngine },
  ],
  exports: [ProjectionEngine, ProjectionAdministration, PROJECTION_REGISTRY],
})
export class ProjectionEngineModule {}
