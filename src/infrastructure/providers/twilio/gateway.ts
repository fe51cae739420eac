import type { TwilioAccount } from '../../../application/ports/configuration';
import type { ReportCallback, ReportReading } from '../../../application/ports/delivery-reports';
import type { InboundKind, InboundReading } from '../../../application/ports/inbound-texts';
import type { SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import type { Tier } from '../../../domain/routing/tiers';
import { HttpExchange } from '../http-exchange';
import type { ProviderAccount, Surroundings } from '../provider-account';
import { isSigned, listQuery, outcomeOf, readTwilioReport, readTwilioText, settledBy, writeSend } from './mapper';

/** A list of fifty messages is longer than one of them. */
const BODY_LIMIT_BYTES = 262_144;

/**
 * An account at Twilio, Messages resource. It takes no id of ours; an unknown outcome is settled by its list of messages.
 * Its callbacks are signed with the auth token over the address that we named, whatever a proxy has made of it since.
 */
export class TwilioGateway implements ProviderAccount {
  readonly adapter = 'twilio';
  readonly answersAreTexts = true;
  readonly name: string;
  readonly tier: Tier;
  readonly simulated: boolean;
  readonly deadlineMs: number;
  private readonly exchange: HttpExchange;
  private readonly path: string;
  private readonly reportUrl: string;
  private readonly inboundUrl: string;
  private readonly authorization: string;
  private readonly authToken: string;

  constructor(account: TwilioAccount, { deadlineMs, connections, reportUrl, inboundUrl }: Surroundings) {
    this.name = account.name;
    this.tier = account.tier;
    this.simulated = account.simulated;
    this.deadlineMs = deadlineMs;
    this.reportUrl = reportUrl;
    this.inboundUrl = inboundUrl;
    this.authToken = account.authToken;
    this.path = `/2010-04-01/Accounts/${encodeURIComponent(account.accountSid)}/Messages.json`;
    const credentials = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64');
    this.authorization = `Basic ${credentials}`;
    this.exchange = new HttpExchange({
      origin: account.url,
      deadlineMs,
      connections,
      bodyLimitBytes: BODY_LIMIT_BYTES,
    });
  }

  async submit(submission: SmsSubmission): Promise<SubmissionOutcome> {
    const { authorization } = this;
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    return outcomeOf(await this.exchange.post(this.path, headers, writeSend(submission, this.reportUrl)));
  }

  async settle(submission: SmsSubmission, since: string): Promise<SubmissionOutcome | null> {
    const { authorization } = this;
    const path = `${this.path}?${listQuery(submission, since)}`;
    return settledBy(await this.exchange.get(path, { authorization }), submission, since);
  }

  admit({ headers, query, raw }: ReportCallback): readonly Buffer[] | null {
    return isSigned(headers['x-twilio-signature'], this.authToken, this.reportUrl + query, raw) ? [raw] : null;
  }

  readReport(raw: Buffer): ReportReading | null {
    return readTwilioReport(raw);
  }

  /** It tells of an opt-out with the text that says so. */
  admitInbound(kind: InboundKind, { headers, query, raw }: ReportCallback): readonly Buffer[] | null {
    if (kind !== 'text') return null;
    return isSigned(headers['x-twilio-signature'], this.authToken, this.inboundUrl + query, raw) ? [raw] : null;
  }

  readInbound(kind: InboundKind, raw: Buffer): InboundReading | null {
    return kind === 'text' ? readTwilioText(raw) : null;
  }

  close(): Promise<void> {
    return this.exchange.close();
  }
}
