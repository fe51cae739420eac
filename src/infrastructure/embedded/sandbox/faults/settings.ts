/** The switches of one simulated provider, as the control API shows them (`state`). Times in milliseconds. */
export interface FaultSettings {
  /** Part of the requests that the switches concern, 0 to 1. Spread evenly, never by chance. `refuse` ignores it. */
  share: number;
  /** `refuse` closes the listener, `reset` answers each connection with RST, `503` answers so. */
  outage: 'none' | 'refuse' | 'reset' | '503';
  /** Never answer: without having taken the message, or with it taken and reported. */
  hang: 'none' | 'before_accept' | 'after_accept';
  /** Waits this long before it handles the request; the request is handled even when the caller has gone. */
  latency_ms: number;
  /** The provider's own codes and the part of the concerned messages that each refuses. */
  errors: FaultError[];
  /** Anything but `normal` takes no message. */
  answer: 'normal' | 'error_in_200' | 'html' | 'oversize';
  /** Retry-After on 503 and on code 429; where neither is switched on, every concerned request is answered 429. */
  retry_after_s: number | null;
  report: ReportSettings;
}

export interface FaultError {
  code: string | number;
  /** Of the messages that it may meet. */
  share: number;
  /** Only messages of this sender meet it; any message where left out. */
  from?: string;
}

export interface ReportSettings {
  outcome: 'delivered' | 'undelivered' | 'none';
  /** The provider's own word for why it was not delivered. */
  reason: string | null;
  delay_ms: number;
  /** The report reaches the application before the answer to the send. */
  before_answer: boolean;
  copies: number;
  /** The final report comes first, the intermediate ones that belong before it after it. */
  reorder: boolean;
  /** A second final report that says the opposite follows. */
  contradict: boolean;
  /** The report names an id that was never given out, in place of the right one. */
  unknown_id: boolean;
  /** Twilio only: the others do not sign. */
  bad_signature: boolean;
  /** SMPP only: the base in which the receipt writes the id. Answers give it in decimal. */
  id_radix: 10 | 16;
}

export const DEFAULT_REPORT: Readonly<ReportSettings> = {
  outcome: 'delivered',
  reason: null,
  delay_ms: 50,
  before_answer: false,
  copies: 1,
  reorder: false,
  contradict: false,
  unknown_id: false,
  bad_signature: false,
  id_radix: 10,
};

/** Settings of a provider that behaves. */
export const NO_FAULTS: Readonly<FaultSettings> = {
  share: 1,
  outage: 'none',
  hang: 'none',
  latency_ms: 0,
  errors: [],
  answer: 'normal',
  retry_after_s: null,
  report: DEFAULT_REPORT,
};
