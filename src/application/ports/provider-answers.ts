import type { RawAnswer } from './sms-gateway';

export const PROVIDER_ANSWERS = Symbol('ProviderAnswers');

/** What a provider answered a send with, or the question what became of one, where nobody could read it. */
export interface UnreadAnswer {
  /** Name of the account. */
  readonly provider: string;
  readonly messageId: string;
  readonly attempt: number;
  /** What the outcome goes by. */
  readonly code: string;
  /** E.164: the answer may name it, and is found by it when the person is erased. */
  readonly to: string;
  readonly raw: RawAnswer;
}

/** Raw answers, kept sealed for operators. They explain an outcome and decide nothing: no dispatch waits for them, or fails with them. */
export interface ProviderAnswers {
  /** Returns at once and never throws. Of many at a provider only some are kept; the others are counted. */
  keep(answer: UnreadAnswer): void;
  /** Forgets those that came before `before` (ISO), a bounded number of them. @returns how many */
  purge(before: string): Promise<number>;
  /** Waits for those that are being written. Never rejects. */
  flush(): Promise<void>;
}
