import { Injectable } from '@nestjs/common';
import { RecentMap } from '../../domain/shared/recent-map';

const MOST_IDS = 50_000;

interface Dispatch {
  readonly messageId: string;
  /** Resolves when the log says so, or has refused to. */
  readonly recorded: Promise<void>;
}

const recorded = Promise.resolve();
const keyOf = (provider: string, providerMessageId: string): string => `${provider}\n${providerMessageId}`;

/** A provider's ids for messages that this process has seen accepted lately: most reports come within seconds. */
@Injectable()
export class RecentDispatches {
  private readonly dispatches = new RecentMap<string, Dispatch>(MOST_IDS);
  private listener: (provider: string, providerMessageId: string) => void = () => undefined;

  /** Told of each id as it becomes known: a report that came before it can be matched now. */
  onNoted(listener: (provider: string, providerMessageId: string) => void): void {
    this.listener = listener;
  }

  /** The log has it. */
  note(provider: string, providerMessageId: string, messageId: string): void {
    this.put(provider, providerMessageId, { messageId, recorded });
  }

  /** The provider has answered, the log is about to have it. @returns to be called when that has ended, well or not. */
  expect(provider: string, providerMessageId: string, messageId: string): () => void {
    let settle = (): void => undefined;
    const pending = new Promise<void>((resolve) => (settle = resolve));
    this.put(provider, providerMessageId, { messageId, recorded: pending });
    return settle;
  }

  /** Null: not seen here. Waits while it is being recorded: a report matched before would find nothing to report on. */
  async find(provider: string, providerMessageId: string): Promise<string | null> {
    const dispatch = this.dispatches.get(keyOf(provider, providerMessageId));
    if (dispatch === undefined) return null;
    await dispatch.recorded;
    return dispatch.messageId;
  }

  private put(provider: string, providerMessageId: string, dispatch: Dispatch): void {
    this.dispatches.set(keyOf(provider, providerMessageId), dispatch);
    this.listener(provider, providerMessageId);
  }
}
