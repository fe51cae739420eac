import { AnswerTimes, type Measurement } from './answer-times';

/** One connected reader of a group. */
export class Consumer {
  /** False while its connection takes no more. */
  ready = true;
  delivered = 0;
  /** Ids it holds. */
  readonly held = new Set<string>();
  private readonly times: AnswerTimes | undefined;

  constructor(
    /** Name that the client gave its connection. */
    readonly name: string,
    /** Most messages it may hold unanswered. */
    readonly slots: number,
    extraStatistics: boolean,
  ) {
    if (extraStatistics) this.times = new AnswerTimes();
  }

  get hasRoom(): boolean {
    return this.ready && this.held.size < this.slots;
  }

  get measurements(): readonly Measurement[] {
    return this.times?.measurements() ?? [];
  }

  take(id: string, nowMs: number): void {
    this.held.add(id);
    this.delivered++;
    this.times?.delivered(id, nowMs);
  }

  /** The message was answered, or is given to someone else. */
  letGo(id: string, nowMs: number): void {
    this.held.delete(id);
    this.times?.answered(id, nowMs);
  }
}
