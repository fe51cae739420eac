import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient } from '@eventstore/db-client';
import { EmbeddedServer, removeDirectory, temporaryDirectory } from './embedded-server';

const DISPOSED_WITHIN_MS = 2_000;

export interface ContractServer {
  readonly client: EventStoreDBClient;
  readonly url: string;
  stop(): Promise<void>;
}

/** The event store that the contract is checked on: the one `ESDB_URL` names, else an embedded one of its own. */
export async function contractServer(): Promise<ContractServer> {
  const given = process.env['ESDB_URL'];
  if (given) {
    const client = EventStoreDBClient.connectionString(given);
    return { client, url: given, stop: () => dispose(client) };
  }
  const directory = temporaryDirectory();
  const server = await EmbeddedServer.start(directory);
  const client = EventStoreDBClient.connectionString(server.url);
  const stop = async (): Promise<void> => {
    await dispose(client);
    await server.stop();
    removeDirectory(directory);
  };
  return { client, url: server.url, stop };
}

/** The client waits for ever for a read that had failed before; what is left of it ends with the connection. */
async function dispose(client: EventStoreDBClient): Promise<void> {
  await Promise.race([client.dispose(), delay(DISPOSED_WITHIN_MS, undefined, { ref: false })]);
}
