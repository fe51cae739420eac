import { EmbeddedServer, removeDirectory, temporaryDirectory } from '../../support/event-store/embedded-server';
import {
  type Answers,
  boundScenarios,
  comparable,
  recordedAnswers,
  runProbe,
} from '../../support/event-store/recorded-answers';

/** Both probes wait out time-outs of the protocol, so each takes about a minute. */
const PROBE_MS = 240_000;

describe.each([
  ['through the official client', 'behaviour', 'behaviour-probe.cjs'],
  ['on the wire', 'wire', 'wire-probe.cjs'],
])('the embedded event store answers %s as a real EventStoreDB did', (_, recording, program) => {
  const recorded = recordedAnswers(recording);
  let directory: string;
  let server: EmbeddedServer;
  let ours: Answers;

  beforeAll(async () => {
    directory = temporaryDirectory();
    server = await EmbeddedServer.start(directory);
    ours = await runProbe(program, { ESDB_URL: server.url, ESDB_ADDRESS: server.address });
  }, PROBE_MS);

  afterAll(async () => {
    await server.stop();
    removeDirectory(directory);
  });

  it.each(boundScenarios(recorded))('%s', (scenario) => {
    expect(comparable(ours.get(scenario), scenario)).toEqual(comparable(recorded.get(scenario), scenario));
  });
});
