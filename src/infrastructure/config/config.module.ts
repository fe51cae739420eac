import { Module, type DynamicModule } from '@nestjs/common';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';

/** Hands out the configuration that was read before anything else was made. */
@Module({})
export class ConfigModule {
  static of(configuration: Configuration): DynamicModule {
    return {
      module: ConfigModule,
      global: true,
      providers: [{ provide: CONFIGURATION, useValue: configuration }],
      exports: [CONFIGURATION],
    };
  }
}
