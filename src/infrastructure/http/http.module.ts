import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import type { Configuration } from '../../application/ports/configuration';
import { EVENT_STORE, type EventStore } from '../../application/ports/event-store';
import { streams } from '../../domain/shared/streams';
import { Readiness } from '../observability/readiness';
import { ApiKeyGuard } from './api-key.guard';
import { AuditController } from './audit.controller';
import { BadKeyLimiter } from './bad-key-limiter';
import { BatchesController } from './batches.controller';
import { BillingController } from './billing.controller';
import { BodyDigests } from './canonical-digest';
import { HealthController } from './health.controller';
import { MessagesController } from './messages.controller';
import { OptOutsController } from './opt-outs.controller';
import { ProblemFilter } from './problem-filter';
import { ReadLimitGuard } from './read-limit.guard';
import { RouteTable } from './route-table';

/** A stream that never is: reading it asks the store whether it answers. */
const NO_STREAM = streams.message('probe');

/** What customers call. */
const CUSTOMERS = [MessagesController, BatchesController, OptOutsController, BillingController, AuditController];

/** Everything that speaks HTTP to customers and to those who run the program. Every process has the latter. */
@Module({})
export class HttpModule implements OnModuleInit {
  static for(configuration: Configuration): DynamicModule {
    const serves = configuration.roles.has('api');
    return {
      module: HttpModule,
      controllers: [HealthController, ...(serves ? CUSTOMERS : [])],
      providers: [
        RouteTable,
        { provide: BadKeyLimiter, useFactory: () => new BadKeyLimiter() },
        { provide: BodyDigests, useFactory: () => new BodyDigests(configuration.lookupKey) },
        { provide: APP_FILTER, useClass: ProblemFilter },
        ...(serves ? [ApiKeyGuard, ReadLimitGuard] : []),
      ],
    };
  }

  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  onModuleInit(): void {
    this.readiness.register('event_store_reads', async () => {
      await this.store.readStream(NO_STREAM, 0n, 1);
      return null;
    });
  }
}
