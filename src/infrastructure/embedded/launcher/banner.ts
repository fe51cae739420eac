import type { Demo } from './demo';

/** What the person who has started the program is told. */
export interface BannerFacts {
  readonly base: string;
  readonly dataFolder: string;
  /** Left out in production, where the page does not exist. */
  readonly handset?: string;
  readonly demo?: Demo;
  /** Whether live keys reach simulated providers only. */
  readonly simulated: boolean;
}

/** The product page's own example. Every character in it is safe between single quotes. */
const EXAMPLE = {
  to: '+254712345678',
  channel: 'sms',
  body: 'Your order #4821 has shipped.',
  sender_id: 'WAHT',
};

/** The line that sends the first message when it is pasted into a shell. */
export function curlLine(base: string, key: string): string {
  return [
    `curl -X POST ${base}/v1/messages`,
    `-H "Authorization: Bearer ${key}"`,
    '-H "Content-Type: application/json"',
    `-d '${JSON.stringify(EXAMPLE)}'`,
  ].join(' ');
}

export function banner({ base, dataFolder, handset, demo, simulated }: BannerFacts): string {
  const rows: [string, string][] = [
    ['API', base],
    ['Documentation', `${base}/docs`],
  ];
  if (handset) rows.push(['Handset page', `${handset}  (what each number receives)`]);
  if (demo) rows.push(['Live key', demo.live_key], ['Billing key', demo.billing_key], ['Test key', demo.test_key]);
  rows.push(['Data, logs', `${dataFolder}, ${dataFolder}/logs`]);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const lines = [
    '',
    'Waht Messaging is running.',
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}${value}`),
  ];
  if (demo) lines.push('', 'Send a first message:', '', `  ${curlLine(base, demo.live_key)}`);
  if (simulated) {
    lines.push(
      '',
      'No real provider is configured: live keys run on simulators only, and no message leaves this machine.',
    );
  }
  return [...lines, 'Ctrl-C stops everything and keeps all data.', ''].join('\n');
}
