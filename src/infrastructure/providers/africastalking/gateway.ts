import type { AfricasTalkingAccount } from '../../../application/ports/configuration';
import type { ReportCallback, ReportReading } from '../../../application/ports/delivery-reports';
import type { InboundKind, InboundReading } from '../../../application/ports/inbound-texts';
import type { SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import type { Tier } from '../../../domain/routing/tiers';
import { HttpExchange } from '../http-exchange';
import type { ProviderAccount, Surroundings } from '../provider-account';
import { outcomeOf } from './answer';
import { readAfricasTalkingInbound } from './inbound';
import { readAfricasTalkingReport } from './report';

const BODY_LIMIT_BYTES = 65_536;
const FORM = 'application/x-www-form-urlencoded';

/** How the two endpoints want to be asked. The sender pays; the answer comes when it is queued, not when it is sent. */
const ENDPOINTS = {
  africastalking: {
    path: '/version1/messaging',
    contentType: FORM,
    write: (username: string, { to, from, body }: SmsSubmission) =>
      new URLSearchParams({ username, to, message: body, from, bulkSMSMode: '1', enqueue: '1' }).toString(),
  },
  'africastalking-bulk': {
    path: '/version1/messaging/bulk',
    contentType: 'application/json',
    write: (username: string, { to, from, body }: SmsSubmission) =>
      JSON.stringify({ username, message: body, senderId: from, phoneNumbers: [to], enqueue: true }),
  },
} as const;

/**
 * An account at Africa's Talking, one recipient a request. It takes no id of ours and no validity, so a request whose
 * answer is lost stays unknown until a report settles it. Its reports are neither signed nor from known addresses: the
 * secret in the path is all there is.
 */
export class AfricasTalkingGateway implements ProviderAccount {
  readonly adapter: string;
  readonly name: string;
  readonly tier: Tier;
  readonly simulated: boolean;
  readonly deadlineMs: number;
  private readonly exchange: HttpExchange;
  private readonly headers: Record<string, string>;
  private readonly endpoint: (typeof ENDPOINTS)[AfricasTalkingAccount['adapter']];

  constructor(
    private readonly account: AfricasTalkingAccount,
    { deadlineMs, connections }: Pick<Surroundings, 'deadlineMs' | 'connections'>,
  ) {
    this.adapter = account.adapter;
    this.name = account.name;
    this.tier = account.tier;
    this.simulated = account.simulated;
    this.deadlineMs = deadlineMs;
    this.endpoint = ENDPOINTS[account.adapter];
    this.headers = {
      apiKey: account.apiKey,
      accept: 'application/json',
      'content-type': this.endpoint.contentType,
    };
    this.exchange = new HttpExchange({
      origin: account.url,
      deadlineMs,
      connections,
      bodyLimitBytes: BODY_LIMIT_BYTES,
    });
  }

  async submit(submission: SmsSubmission): Promise<SubmissionOutcome> {
    const { path, write } = this.endpoint;
    return outcomeOf(
      await this.exchange.post(path, this.headers, write(this.account.username, submission)),
      submission.to,
    );
  }

  admit({ raw }: ReportCallback): readonly Buffer[] {
    return [raw];
  }

  readReport(raw: Buffer): ReportReading | null {
    return readAfricasTalkingReport(raw);
  }

  admitInbound(_kind: InboundKind, { raw }: ReportCallback): readonly Buffer[] {
    return [raw];
  }

  readInbound(kind: InboundKind, raw: Buffer): InboundReading | null {
    return readAfricasTalkingInbound(kind, raw);
  }

  close(): Promise<void> {
    return this.exchange.close();
  }
}
