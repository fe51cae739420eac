import { userInfo } from 'node:os';
import { NestFactory } from '@nestjs/core';
import { CommandBus, type Command } from '@nestjs/cqrs';
import { CUSTOMER_READS, type CustomerReads } from '../application/ports/customer-reads';
import { CLOCK, type Clock } from '../application/ports/clock';
import type { Configuration } from '../application/ports/configuration';
import { ID_SOURCE, type IdSource } from '../application/ports/id-source';
import { EVENT_STORE, type EventStore } from '../application/ports/event-store';
import { LOGGER, type Logger } from '../application/ports/logger';
import { MESSAGE_READS, type MessageReads } from '../application/ports/message-reads';
import { OPT_OUT_READS, type OptOutReads } from '../application/ports/opt-out-reads';
import { TENANT_READS, type TenantReads } from '../application/ports/tenant-reads';
import { PARKED_TEXTS, type ParkedTexts } from '../application/ports/parked-texts';
import { PERSONAL_TRACES, type PersonalTraces } from '../application/ports/personal-traces';
import { RESTORED_LOG } from '../application/ports/restored-log';
import { SUBSCRIPTIONS, type Subscriptions } from '../application/ports/subscriptions';
import { WALLETS, type CommandContext, type Wallets } from '../application/ports/wallets';
import type { Written } from '../application/customer/customer-stream';
import { requestContext, type Origin } from '../application/shared/metadata';
import { DomainError } from '../domain/shared/domain-error';
import type { MessageEvent } from '../domain/message/events';
import type { Mode } from '../domain/shared/event';
import { streams } from '../domain/shared/streams';
import { eventOf } from '../projections/shared/event-of';
import type { RegisteredCustomer } from '../domain/customer/state';
import { readConfiguration } from '../infrastructure/config/read-configuration';
import { PostgresSubjectVault } from '../infrastructure/crypto/postgres-subject-vault';
import { DATABASE, type Database } from '../infrastructure/postgres/database';
import { asOwner } from '../infrastructure/postgres/open-databases';
import type { PostgresRestoredLog } from '../infrastructure/restoring/postgres-restored-log';
import { ProjectionAdministration } from '../infrastructure/projections/projection-administration';
import { CliModule } from './cli.module';

/** How long a command waits until what it wrote can be read. */
const KNOWN_WITHIN_MS = 5_000;

/** What the commands of the command line work with: one application context for one command. */
export class Application {
  readonly origin: Origin;

  private constructor(
    readonly commands: CommandBus,
    readonly customers: CustomerReads,
    readonly messages: MessageReads,
    readonly optOuts: OptOutReads,
    readonly wallets: Wallets,
    /** Over all customers, as operators may look. */
    readonly database: Database,
    readonly tenants: TenantReads,
    readonly traces: PersonalTraces,
    readonly parkedTexts: ParkedTexts,
    readonly store: EventStore,
    readonly vault: PostgresSubjectVault,
    readonly subscriptions: Subscriptions,
    readonly configuration: Configuration,
    private readonly logger: Logger,
    readonly projections: ProjectionAdministration,
    readonly restoring: PostgresRestoredLog,
    private readonly ids: IdSource,
    private readonly clock: Clock,
  ) {
    const actor = { kind: 'operator', id: operatorName() } as const;
    this.origin = { actor, customerId: null, correlationId: ids.uuid() };
  }

  /** Opens the application, does the work and closes it again, whatever comes of it. */
  static async with<T>(work: (application: Application) => Promise<T>): Promise<T> {
    const configuration = readConfiguration(process.env);
    const context = await NestFactory.createApplicationContext(CliModule.of(configuration), {
      logger: false,
      abortOnError: false,
    });
    try {
      return await work(
        new Application(
          context.get(CommandBus, { strict: false }),
          context.get<CustomerReads>(CUSTOMER_READS, { strict: false }),
          context.get<MessageReads>(MESSAGE_READS, { strict: false }),
          context.get<OptOutReads>(OPT_OUT_READS, { strict: false }),
          context.get<Wallets>(WALLETS, { strict: false }),
          context.get<Database>(DATABASE, { strict: false }),
          context.get<TenantReads>(TENANT_READS, { strict: false }),
          context.get<PersonalTraces>(PERSONAL_TRACES, { strict: false }),
          context.get<ParkedTexts>(PARKED_TEXTS, { strict: false }),
          context.get<EventStore>(EVENT_STORE, { strict: false }),
          context.get(PostgresSubjectVault, { strict: false }),
          context.get<Subscriptions>(SUBSCRIPTIONS, { strict: false }),
          configuration,
          context.get<Logger>(LOGGER, { strict: false }),
          context.get(ProjectionAdministration, { strict: false }),
          context.get<PostgresRestoredLog>(RESTORED_LOG, { strict: false }),
          context.get<IdSource>(ID_SOURCE, { strict: false }),
          context.get<Clock>(CLOCK, { strict: false }),
        ),
      );
    } finally {
      await context.close();
    }
  }

  /** Carries out a command on a customer or a price list, and waits until it can be read back. */
  async run<R extends Written>(command: Command<R>): Promise<R> {
    const written = await this.commands.execute(command);
    if (written.revision !== 'no_stream') {
      await this.customers.knows(written.stream, written.revision, KNOWN_WITHIN_MS);
    }
    return written;
  }

  /** Works as the owner of the tables. @throws ConfigurationError where its URL is not known here. */
  asOwner<T>(work: (owner: Database) => Promise<T>): Promise<T> {
    return asOwner(this.configuration, this.logger, work);
  }

  context(customerId: string | null): CommandContext {
    return requestContext(this.ids, this.clock, { ...this.origin, customerId });
  }

  nextId(prefix: 'txn'): string {
    return this.ids.next(prefix);
  }

  /** @throws DomainError not_found */
  customer(customerId: string): RegisteredCustomer {
    const customer = this.customers.find(customerId);
    if (customer === null) throw new DomainError('not_found', `There is no customer ${customerId}.`);
    return customer;
  }

  /** Whose message it is, from its stream: operators may look at all. @throws DomainError not_found */
  async ownerOf(messageId: string): Promise<{ customerId: string; mode: Mode }> {
    for (const recorded of await this.store.readStream(streams.message(messageId))) {
      const event = eventOf<MessageEvent>(recorded);
      if (event.type === 'MessageQueued' || event.type === 'MessageScheduled') return event.data;
      if (event.type === 'MessageReceived') return event.data;
    }
    throw new DomainError('not_found', `There is no message ${messageId}.`);
  }
}

/** Stands in the log as who did it. */
function operatorName(): string {
  const named = process.env['WAHT_OPERATOR']?.trim();
  return named ? named : userInfo().username;
}
