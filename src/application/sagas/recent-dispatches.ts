import { Injectable } from '@nestjs/common';

const MOST_IDS = 50_000;

/** A provider's ids for messages that this process has seen accepted lately: most reports come within seconds. */
@Injectable()
export class RecentDispatches {
  private readonly messages = new Map<string, string>();
  private listener: (provider: string, providerMessageId: string) => void = () => undefined;

  /** Told after each acceptance was appended: a report that came before it can be matched now. */
  onNoted(listener: (provider: string, providerMessageId: string) => void): void {
    this.listener = listener;
  }

  /** Only once the log says so: a report that was matched earlier would find nothing to report on. */
  note(provider: string, providerMessageId: string, messageId: string): void {
    const key = `${provider}\n${providerMessageId}`;
    this.messages.delete(key);
    this.messages.set(key, messageId);
    if (this.messages.size > MOST_IDS) {
      const oldest = this.messages.keys().next();
      if (oldest.done !== true) this.messages.delete(oldest.value);
    }
    this.listener(provider, providerMessageId);
  }

  find(provider: string, providerMessageId: string): string | undefined {
    return this.messages.get(`${provider}\n${providerMessageId}`);
  }
}
