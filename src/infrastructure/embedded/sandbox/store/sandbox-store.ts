import { open, type RootDatabase } from 'lmdb';
import { mkdirSync } from 'node:fs';
import { InboxStore } from './inbox-store';
import { OwedStore } from './owed-store';

const DEFAULT_INBOX_CAP = 200_000;

/**
 * The sandbox's one LMDB environment. It is not synced to disk: what is committed is in the system's page cache and so
 * survives the death of this process, and the sandbox takes no disk time from the event store it is measured beside. A
 * power cut may cost simulated texts, nothing else.
 */
export class SandboxStore {
  readonly inbox: InboxStore;
  readonly owed: OwedStore;

  private constructor(
    private readonly env: RootDatabase,
    inboxCap: number,
  ) {
    this.inbox = new InboxStore(env, inboxCap);
    this.owed = new OwedStore(env);
  }

  /** @throws Error when the folder cannot be created or opened. */
  static open(folder: string, inboxCap = DEFAULT_INBOX_CAP): SandboxStore {
    mkdirSync(folder, { recursive: true });
    const env = open({ path: folder, noSubdir: false, noSync: true, maxDbs: 8 });
    return new SandboxStore(env, inboxCap);
  }

  /** Resolves when everything written so far can be read and survives this process. */
  async committed(): Promise<void> {
    await this.env.committed;
  }

  async close(): Promise<void> {
    await this.env.close();
  }
}
