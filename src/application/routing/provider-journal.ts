import type { Clock } from '../ports/clock';
import { WrongExpectedRevision, type EventStore } from '../ports/event-store';
import type { IdSource } from '../ports/id-source';
import type { Logger } from '../ports/logger';
import type { SmsGateway } from '../ports/sms-gateway';
import type { ProviderCommand } from '../../domain/routing/commands';
import { providerDecider } from '../../domain/routing/decider';
import type { ProviderEvent, RecordedMove } from '../../domain/routing/events';
import { fold } from '../../domain/shared/decider';
import { streams } from '../../domain/shared/streams';
import type { CircuitJournal, Gate } from './circuits';

const ATTEMPTS = 5;

/**
 * Writes circuits that open and close into the provider's stream, one after the other and off the path of any message. A
 * transition that could not be written is logged: the next one is written against what the stream says by then.
 */
export class ProviderJournal implements CircuitJournal {
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: EventStore,
    private readonly ids: IdSource,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  opened(
    { gateway: { name: provider, tier }, network }: Gate,
    { failuresInRow, lastCode }: { failuresInRow: number; lastCode: string },
    coolsDownForMs: number,
  ): void {
    this.logger.warn({ provider, tier, network, failuresInRow, lastCode, coolsDownForMs }, 'circuit opened');
    const until = new Date(this.clock.now() + coolsDownForMs).toISOString();
    const circuit = { failuresInRow, lastCode };
    const data = { provider, tier, network, cause: 'circuit' as const, until, circuit, move: null };
    void this.enqueue(provider, { type: 'DegradeProvider', data });
  }

  recovered({ gateway: { name: provider, tier }, network }: Gate, sharePercent: number): void {
    this.logger.info({ provider, tier, network, sharePercent }, 'provider gets its traffic back');
    void this.enqueue(provider, { type: 'RecoverProvider', data: { provider, tier, network, sharePercent } });
  }

  /** @returns whether it was written, or stood already. */
  async moved({ name: provider, tier }: SmsGateway, move: RecordedMove, coolsDownForMs: number): Promise<boolean> {
    const { score, why } = move.outcome;
    const { network } = move.inputs.subject;
    const numbers = { score: score.value, why, coolsDownForMs };
    this.logger.warn({ provider, tier, network, ...numbers }, 'score under the threshold');
    const until = new Date(this.clock.now() + coolsDownForMs).toISOString();
    const data = { provider, tier, network, cause: 'score' as const, until, circuit: null, move };
    return this.enqueue(provider, { type: 'DegradeProvider', data });
  }

  /** Resolves when everything noted so far is written or given up. */
  async flush(): Promise<void> {
    await Promise.all(this.queues.values());
  }

  private enqueue(provider: string, command: ProviderCommand): Promise<boolean> {
    // The instant of the change itself: it may wait before it is written, and readers compare it with that of messages.
    const at = this.clock.iso();
    const before = this.queues.get(provider) ?? Promise.resolve();
    const written = before
      .then(async () => {
        await this.write(provider, command, at);
        return true;
      })
      .catch((error: unknown) => {
        this.logger.warn({ err: error, provider, command: command.type }, 'a change of health could not be written');
        return false;
      });
    this.queues.set(provider, written);
    return written;
  }

  private async write(provider: string, command: ProviderCommand, at: string): Promise<void> {
    const stream = streams.provider(provider);
    const commandId = this.ids.uuid();
    const metadata = {
      correlationId: commandId,
      causationId: commandId,
      customerId: null,
      actor: { kind: 'system' as const, id: 'routing' },
      at,
    };
    for (let attempt = 1; ; attempt++) {
      const recorded = await this.store.readStream<ProviderEvent>(stream);
      const state = fold(
        providerDecider,
        recorded.map(({ type, data }) => ({ type, data }) as ProviderEvent),
      );
      const events = providerDecider.decide(command, state);
      if (events.length === 0) return;
      try {
        await this.store.append(
          stream,
          recorded.at(-1)?.revision ?? 'no_stream',
          events.map((event, i) => ({ id: this.ids.derived(commandId, `${i}`), event, metadata })),
        );
        return;
      } catch (error) {
        if (!(error instanceof WrongExpectedRevision) || attempt >= ATTEMPTS) throw error;
      }
    }
  }
}
