import type { TierConfiguration } from '../../../application/ports/configuration';
import type { SmsGateway, SmsSubmission, SubmissionOutcome } from '../../../application/ports/sms-gateway';
import type { Tier } from '../../../domain/routing/tiers';
import { HttpExchange } from '../http-exchange';
import { outcomeOf } from './answer';

const PATH = '/version1/messaging';
const BODY_LIMIT_BYTES = 65_536;

/**
 * An account at Africa's Talking, legacy messaging endpoint, one recipient a request. It takes no id of ours and no
 * validity, so a request whose answer is lost stays unknown until a report settles it.
 */
export class AfricasTalkingGateway implements SmsGateway {
  readonly adapter = 'africastalking';
  readonly name: string;
  readonly tier: Tier;
  readonly simulated: boolean;
  private readonly exchange: HttpExchange;
  private readonly headers: Record<string, string>;

  constructor(
    private readonly account: TierConfiguration,
    readonly deadlineMs: number,
    connections: number,
  ) {
    this.name = account.name;
    this.tier = account.tier;
    this.simulated = account.simulated;
    this.headers = {
      apiKey: account.apiKey,
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
    };
    this.exchange = new HttpExchange({
      ...{ origin: account.url, deadlineMs, connections, bodyLimitBytes: BODY_LIMIT_BYTES },
    });
  }

  async submit({ to, from, body }: SmsSubmission): Promise<SubmissionOutcome> {
    const form = new URLSearchParams({
      ...{ username: this.account.username, to, message: body, from },
      // The sender pays; the answer comes when it is queued, not when it is sent.
      ...{ bulkSMSMode: '1', enqueue: '1' },
    });
    return outcomeOf(await this.exchange.post(PATH, this.headers, form.toString()), to);
  }

  close(): Promise<void> {
    return this.exchange.close();
  }
}
