import type { LoadJournal } from './journal';
import type { LogEvent } from './log';
import { type Story, tell } from './message-story';
import { tellWallet, type WalletStory } from './wallet-story';

/** A text as a handset received it. */
export interface Copy {
  readonly to: string;
  readonly body: string;
  readonly provider: string;
  readonly providerMessageId: string;
  /** The wish that it is about, read from its text. */
  readonly token: string;
}

/** All that the checker holds side by side, each from its own source. */
export interface Evidence {
  readonly log: readonly LogEvent[];
  readonly journal: LoadJournal;
  readonly copies: readonly Copy[];
  readonly byStream: ReadonlyMap<string, readonly LogEvent[]>;
  /** By message id. */
  readonly stories: ReadonlyMap<string, Story>;
  /** By the client_reference that the load gave. */
  readonly byToken: ReadonlyMap<string, readonly Story[]>;
  /** What the message streams break, as `id: what`. */
  readonly brokenStories: readonly string[];
  /** By stream. */
  readonly wallets: ReadonlyMap<string, WalletStory>;
  /** Events by the request that caused them. */
  readonly byRequest: ReadonlyMap<string, readonly LogEvent[]>;
}

export function collect(log: readonly LogEvent[], journal: LoadJournal, copies: readonly Copy[]): Evidence {
  const byStream = group(log, ({ stream }) => stream);
  const stories = new Map<string, Story>();
  const brokenStories: string[] = [];
  const wallets = new Map<string, WalletStory>();
  for (const [stream, events] of byStream) {
    if (stream.startsWith('wallet-')) wallets.set(stream, tellWallet(stream, events));
    if (!stream.startsWith('message-')) continue;
    const { story, broken } = tell(events);
    if (story !== null) stories.set(stream.slice('message-'.length), story);
    brokenStories.push(...broken.map((what) => `${stream}: ${what}`));
  }
  return {
    log,
    journal,
    copies,
    byStream,
    stories,
    brokenStories,
    wallets,
    byToken: group([...stories.values()], ({ order }) => String(order['clientReference'])),
    byRequest: group(log, ({ metadata }) => String(metadata['$correlationId'])),
  };
}

export function group<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const found = groups.get(key);
    if (found === undefined) groups.set(key, [item]);
    else found.push(item);
  }
  return groups;
}

const TOKEN = /\btok-\d+\b/;

/** Everything that handsets received, by the sandbox's control API. */
export async function readHandsets(sandboxUrl: string): Promise<Copy[]> {
  const copies: Copy[] = [];
  for (let after: string | null = ''; after !== null;) {
    const query = `limit=1000${after === '' ? '' : `&after=${after}`}`;
    const answer = await fetch(`${sandboxUrl}/sandbox/inbox?${query}`);
    const page = (await answer.json()) as {
      data: { to: string; body: string; provider: string; provider_message_id: string }[];
      next_cursor: string | null;
    };
    for (const { to, body, provider, provider_message_id: providerMessageId } of page.data)
      copies.push({ to, body, provider, providerMessageId, token: TOKEN.exec(body)?.[0] ?? '' });
    after = page.next_cursor;
  }
  return copies;
}
