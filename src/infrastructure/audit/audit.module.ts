import { Global, Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ACCESS_LOG } from '../../application/ports/access-log';
import { CLOCK, type Clock } from '../../application/ports/clock';
import { CONFIGURATION, type Configuration } from '../../application/ports/configuration';
import { ID_SOURCE, type IdSource } from '../../application/ports/id-source';
import { LEADERSHIP, type Leadership } from '../../application/ports/leadership';
import { LOGGER, type Logger } from '../../application/ports/logger';
import { METRICS, type Metrics } from '../../application/ports/metrics';
import { DATABASE, type Database } from '../postgres/database';
import { AccessLogWriter } from './access-log-writer';
import { accessChain, auditChain } from './chained-log';
import { HeadKeeper } from './head-keeper';
import { HeadSigner } from './head-signer';
import { HeadsFile } from './heads-file';
import { signingKey, verifyingKey } from './signing-keys';

/** The log of refused calls, and the signing of both logs' heads where the read side is written. */
@Global()
@Module({
  providers: [
    {
      provide: ACCESS_LOG,
      inject: [DATABASE, CLOCK, ID_SOURCE, METRICS, LOGGER],
      useFactory: (database: Database, clock: Clock, ids: IdSource, metrics: Metrics, logger: Logger) =>
        new AccessLogWriter({ database, clock, ids, metrics, logger }),
    },
  ],
  exports: [ACCESS_LOG],
})
export class AuditModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly keeper: HeadKeeper | null;

  constructor(
    @Inject(ACCESS_LOG) private readonly accessLog: AccessLogWriter,
    @Inject(DATABASE) database: Database,
    @Inject(LEADERSHIP) leadership: Leadership,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CLOCK) clock: Clock,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {
    const { audit } = configuration;
    if (audit.signingKey === null) {
      this.keeper = null;
      return;
    }
    const keys = { signing: signingKey(audit.signingKey), trusted: audit.trustedKeys.map(verifyingKey) };
    const signer = new HeadSigner(database, [auditChain(), accessChain], new HeadsFile(audit.folder), keys, clock);
    this.keeper = new HeadKeeper(signer, { leadership, logger, metrics }, audit.headEveryMs);
  }

  onApplicationBootstrap(): void {
    if (!this.configuration.roles.has('projector')) return;
    if (this.keeper === null)
      this.logger.warn({}, 'WAHT_AUDIT_SIGNING_KEY is not set: heads of the log are not signed');
    else this.keeper.start();
  }

  /** Calls have ended by now; Postgres is still there. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.accessLog.close();
    await this.keeper?.stop();
  }
}
