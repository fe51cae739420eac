import { TextDecoder } from 'node:util';
import type { AnswerTable, StoredAnswer } from './answer-table';
import type { ReportSeal } from './report-seal';

/** A provider's raw answer, opened. */
export interface OpenedAnswer {
  readonly attempt: number;
  /** Name of the account. */
  readonly provider: string;
  readonly received_at: string;
  /** What the outcome goes by. */
  readonly code: string;
  /** HTTP. */
  readonly status: number;
  readonly content_type: string;
  /** The first 16 KiB, read as the content type says. Empty once the key of its day has been destroyed. */
  readonly raw: string;
}

/** For operators: they may name a person's number, so whoever opens them is written down first. */
export class OpenedAnswers {
  constructor(
    private readonly table: Pick<AnswerTable, 'ofMessage'>,
    private readonly seal: Pick<ReportSeal, 'open'>,
  ) {}

  /** Still sealed, by attempt. */
  find(messageId: string): Promise<StoredAnswer[]> {
    return this.table.ofMessage(messageId);
  }

  async open(stored: readonly StoredAnswer[]): Promise<OpenedAnswer[]> {
    const opened = await this.seal.open(stored.map(({ answer }) => answer));
    return stored.map(({ attempt, provider, received_at, code, status, content_type }, i) => ({
      attempt,
      provider,
      received_at: received_at.toISOString(),
      code,
      status,
      content_type,
      raw: decoderFor(content_type).decode(opened[i]),
    }));
  }
}

/** UTF-8 where no character set is named, or one that nobody knows. */
function decoderFor(contentType: string): TextDecoder {
  const label = /charset="?([\w.:-]+)/i.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return new TextDecoder(label);
  } catch (error) {
    if (codeOf(error) !== 'ERR_ENCODING_NOT_SUPPORTED') throw error;
    return new TextDecoder();
  }
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
