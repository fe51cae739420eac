import type { InfobipAccount } from '../../../application/ports/configuration';
import type { ReportCallback, ReportReading } from '../../../application/ports/delivery-reports';
import type { InboundKind, InboundReading } from '../../../application/ports/inbound-texts';
import type { SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import type { Tier } from '../../../domain/routing/tiers';
import { HttpExchange } from '../http-exchange';
import type { ProviderAccount, Surroundings } from '../provider-account';
import { outcomeOf, readInfobipReport, readInfobipText, splitResults, writeSend } from './mapper';

const SEND_PATH = '/sms/3/messages';
const BODY_LIMIT_BYTES = 65_536;

/**
 * An account at Infobip, SMS API v3. It takes an id of ours and refuses it the second time, so the same request again
 * settles an outcome that is unknown. Its reports to an address named in the send carry no signature.
 */
export class InfobipGateway implements ProviderAccount {
  readonly adapter = 'infobip';
  readonly name: string;
  readonly tier: Tier;
  readonly simulated: boolean;
  readonly deadlineMs: number;
  private readonly exchange: HttpExchange;
  private readonly headers: Record<string, string>;
  private readonly reportUrl: string;

  constructor(account: InfobipAccount, { deadlineMs, connections, reportUrl }: Surroundings) {
    this.name = account.name;
    this.tier = account.tier;
    this.simulated = account.simulated;
    this.deadlineMs = deadlineMs;
    this.reportUrl = reportUrl;
    this.headers = {
      authorization: `App ${account.apiKey}`,
      accept: 'application/json',
      'content-type': 'application/json',
    };
    this.exchange = new HttpExchange({
      origin: account.url,
      deadlineMs,
      connections,
      bodyLimitBytes: BODY_LIMIT_BYTES,
    });
  }

  async submit(submission: SmsSubmission): Promise<SubmissionOutcome> {
    const body = writeSend(submission, this.reportUrl);
    return outcomeOf(await this.exchange.post(SEND_PATH, this.headers, body), submission.messageId);
  }

  /** Where the first request arrived, this one is refused as its duplicate; where it did not, this one is the message. */
  async settle(submission: SmsSubmission): Promise<SubmissionOutcome | null> {
    const outcome = await this.submit(submission);
    if (outcome.kind === 'accepted') return outcome;
    // Only what Infobip itself says of the message is about the message; a failure of the question is none of the send.
    if (outcome.kind === 'refused' && outcome.byProvider) return outcome;
    const { code, raw } = outcome;
    return raw === undefined ? null : { kind: 'unknown', code, raw };
  }

  admit({ raw }: ReportCallback): readonly Buffer[] {
    return splitResults(raw);
  }

  readReport(raw: Buffer): ReportReading | null {
    return readInfobipReport(raw);
  }

  /** It tells of no opt-outs but by refusing. */
  admitInbound(kind: InboundKind, { raw }: ReportCallback): readonly Buffer[] | null {
    return kind === 'text' ? splitResults(raw) : null;
  }

  readInbound(kind: InboundKind, raw: Buffer): InboundReading | null {
    return kind === 'text' ? readInfobipText(raw) : null;
  }

  close(): Promise<void> {
    return this.exchange.close();
  }
}
