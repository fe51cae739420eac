import { Inject, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { OptOutModule } from '../opt-out/opt-out.module';
import { CONFIGURATION, type Configuration } from '../ports/configuration';
import { INBOUND_INBOX, type InboundInbox } from '../ports/inbound-texts';
import { IncomingTexts } from './incoming-texts';
import { OptOutsByText } from './opt-outs-by-text';
import { WholeTexts } from './whole-texts';

const DRAIN_MS = 5_000;

/** Works on what people write, where the role `dispatcher` is on. */
@Module({ imports: [OptOutModule], providers: [IncomingTexts, OptOutsByText, WholeTexts] })
export class InboundWorkerModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(INBOUND_INBOX) private readonly inbox: InboundInbox,
    private readonly texts: IncomingTexts,
  ) {}

  onApplicationBootstrap(): void {
    if (this.configuration.roles.has('dispatcher')) this.inbox.start((text) => this.texts.onText(text));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.inbox.stop(DRAIN_MS);
  }
}
