import { EventStoreDBClient } from '@eventstore/db-client';

const SCHEME_AND_USER = /^(esdb(?:\+discover)?:\/\/)(?:([^:@/]*):([^@/]*)@)?/;

/** The secure server that `ESDB_URL` names, as different callers see it. */
export class SecureServer {
  private readonly clients: EventStoreDBClient[] = [];

  private constructor(
    private readonly url: string,
    private readonly user: string,
  ) {}

  /** @throws Error that says what `ESDB_URL` lacks: without a secure server there is nothing to check. */
  static given(): SecureServer {
    const url = process.env['ESDB_URL'];
    if (!url) throw new Error('ESDB_URL is not set: it has to name a secure server and one of its administrators.');
    if (/[?&]tls=false/i.test(url)) throw new Error('ESDB_URL says tls=false: this suite needs a server with TLS.');
    const [, , user, password] = SCHEME_AND_USER.exec(url) ?? [];
    if (!user || !password) throw new Error('ESDB_URL names no user and password: esdb://admin:changeit@host:2113.');
    return new SecureServer(url, user);
  }

  /** The administrator of the connection string. */
  admin(): EventStoreDBClient {
    return this.connect(this.url);
  }

  /** Someone who does not say who they are. */
  nobody(): EventStoreDBClient {
    return this.connect(this.url.replace(SCHEME_AND_USER, '$1'));
  }

  /** Someone who says that they are the administrator and does not know the password. */
  pretender(): EventStoreDBClient {
    return this.connect(this.url.replace(SCHEME_AND_USER, `$1${this.user}:not-the-password@`));
  }

  /** Someone that the server has never heard of. */
  stranger(): EventStoreDBClient {
    return this.connect(this.url.replace(SCHEME_AND_USER, '$1AzureDiamond:hunter2@'));
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.dispose()));
  }

  private connect(url: string): EventStoreDBClient {
    const client = EventStoreDBClient.connectionString(url);
    this.clients.push(client);
    return client;
  }
}
