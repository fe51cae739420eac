import type { ReportCallback, ReportReading } from '../../application/ports/delivery-reports';
import type { InboundKind, InboundReading } from '../../application/ports/inbound-texts';
import type { SmsGateway } from '../../application/ports/sms-gateway';

/** Where reports and texts go that come over a connection of our own. */
export interface ReportDesk {
  /** Durable when it returns. */
  keep(provider: string, raw: Buffer): Promise<void>;
  /** A text that a person sent; durable when it returns. */
  keepText(provider: string, raw: Buffer): Promise<void>;
  /** The parts of one message, by the ids under which each is reported. Never rejects. */
  join(provider: string, wholeId: string, partIds: readonly string[]): Promise<void>;
}

/** All there is to one account: how messages go out, and how reports and texts are let in and read. */
export interface ProviderAccount extends SmsGateway {
  /** Each report of one request by itself; null where the request is not of the provider's making. */
  admit(callback: ReportCallback): readonly Buffer[] | null;
  /** Null: nobody can read it. */
  readReport(raw: Buffer): ReportReading | null;
  /** Each text, or each opt-out, of one request by itself; null where it is not of the provider's making, or there is no such thing. */
  admitInbound(kind: InboundKind, callback: ReportCallback): readonly Buffer[] | null;
  /** Null: nobody can read it. */
  readInbound(kind: InboundKind, raw: Buffer): InboundReading | null;
  /** The text of an answer to a text goes to the handset. */
  readonly answersAreTexts?: boolean;
  /** For a provider that reports over a connection of our own: makes it, and keeps it. */
  open?(desk: ReportDesk): void;
  /** Cuts what is under way. */
  close(): Promise<void>;
}

/** What an account is told of its surroundings. */
export interface Surroundings {
  readonly deadlineMs: number;
  /** Calls at one time. */
  readonly connections: number;
  /** Where this account's reports come to, as seen from outside. */
  readonly reportUrl: string;
  /** Where texts of people come to. */
  readonly inboundUrl: string;
}
