import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, type Clock } from '../ports/clock';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { LOGGER, type Logger } from '../ports/logger';
import { GroupCommitWallets } from './group-commit-wallets';

/** A start waits for no longer. Milliseconds. */
const WITHIN_MS = 15_000;

/**
 * Before the process answers or takes up any work: a process that starts into a backlog has other things to do from then
 * on, and the first requests would spend their two seconds waiting for a long wallet to be read.
 */
@Injectable()
export class WalletWarmUp implements OnModuleInit {
  constructor(
    private readonly wallets: GroupCommitWallets,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async onModuleInit(): Promise<void> {
    const { roles } = this.configuration;
    if (!roles.has('api') && !roles.has('dispatcher')) return;
    const startedAtMs = this.clock.monotonicMs();
    try {
      const wallets = await this.wallets.warmUp(WITHIN_MS);
      this.logger.info({ wallets, ms: Math.round(this.clock.monotonicMs() - startedAtMs) }, 'wallets read');
    } catch (error) {
      this.logger.warn({ err: error }, 'wallets could not be read ahead: each is read when it is asked for');
    }
  }
}
