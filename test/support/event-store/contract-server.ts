import { EventStoreDBClient } from '@eventstore/db-client';
import { EmbeddedServer, removeDirectory, temporaryDirectory } from './embedded-server';

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
    return { client, url: given, stop: () => client.dispose() };
  }
  const directory = temporaryDirectory();
  const server = await EmbeddedServer.start(directory);
  const client = EventStoreDBClient.connectionString(server.url);
  const stop = async (): Promise<void> => {
    await client.dispose();
    await server.stop();
    removeDirectory(directory);
  };
  return { client, url: server.url, stop };
}
