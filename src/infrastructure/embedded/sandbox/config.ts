/** One simulated provider. Each listens on a port of its own, so that an outage is that of one provider only. */
export interface ProviderConfig {
  /** Unique among the providers; used in the control API and shown in the inbox. */
  name: string;
  /** `tier_1` to `tier_9`. */
  tier: string;
  /** The wire contract that it speaks, e.g. `africastalking`. */
  adapter: string;
  /** 0 lets the system pick; the port picked is in the ready line. */
  port: number;
  username: string;
  api_key: string;
  /** Where delivery reports go. Without it this provider never reports. */
  callback_url?: string;
  /** Where texts written on a handset go. Without it they are only recorded. */
  inbound_url?: string;
  /** What a provider that signs signs in its place, where the application is told to be elsewhere. */
  inbound_signed_url?: string;
  /** Where it is told who has opted out, by a provider that does so with a call of its own. */
  opt_out_url?: string;
}

export interface SandboxConfig {
  host: string;
  /** Port of the page and the control API; 0 lets the system pick. */
  port: number;
  /** Folder of the inbox and of the reports still owed. Created when missing. */
  dataFolder: string;
  providers: ProviderConfig[];
  /** Off: only the providers' own endpoints are served, neither the control API nor the page. */
  routes: boolean;
  /** The newest rows kept in the inbox (default 200 000). */
  inboxCap?: number;
}
