import { join } from 'node:path';
import { banner } from './banner';
import { ComplaintFollower } from './complaints';
import { DataFolder, assertRoom } from './data-folder';
import { takeDataFolder } from './data-lock';
import { type Demo, ensureDemo } from './demo';
import { handsetUrl } from './environment';
import { LauncherFailure, clearLine, hasCode } from './failure';
import { writeJsonFile } from './json-file';
import { type LauncherOptions, readOptions } from './options';
import { STOPPING_ORDER, stopOrphans } from './orphans';
import { type Plan, makePlan } from './plan';
import { RememberedPorts, isFree } from './ports';
import { loadSecrets } from './secrets';
import { StopSignals } from './signals';
import { Supervisor } from './supervisor';

/** What a launcher is run with. */
export interface LauncherInput {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** The folder of the compiled program. */
  readonly dist: string;
  readonly say: (line: string) => void;
}

const FORCED = 130;

/**
 * Starts everything, stays until it is told to stop or cannot go on, and stops everything in order.
 * @returns the exit code: 0 after a stop, 1 after a failure that has been told in one line, 130 after a forced stop.
 */
export async function launch(input: LauncherInput): Promise<number> {
  const { say } = input;
  let supervisor: Supervisor | undefined;
  let release: (() => void) | undefined;
  let fail!: (error: unknown) => void;
  const failed = new Promise<never>((_, reject) => (fail = reject));
  const signals = new StopSignals(() => {
    supervisor?.kill();
    release?.();
    say('Stopped at once.');
    process.exit(FORCED);
  });
  // A defect of the launcher itself must not leave its children without anyone to stop them.
  process.on('uncaughtException', fail);
  let code = 0;
  const work = async (): Promise<never> => {
    const options = readOptions(input.env, input.cwd);
    const folder = DataFolder.open(options.dataFolder);
    release = takeDataFolder(folder);
    assertRoom(folder.root);
    supervisor = new Supervisor(folder, { said: say, gaveUp: (line) => fail(new LauncherFailure(line)) });
    await new Run(input, options, folder, supervisor).start(signals);
    return failed;
  };
  try {
    await Promise.race([work(), failed, signals.first]);
  } catch (error) {
    code = 1;
    say(clearLine(error));
  }
  if (signals.stopping) say('Stopping …');
  await supervisor?.stop(STOPPING_ORDER);
  if (signals.stopping && code === 0) say('Stopped. All data is kept.');
  release?.();
  signals.release();
  process.off('uncaughtException', fail);
  return code;
}

/** One start, from an empty or an existing data folder to the banner. */
class Run {
  private readonly cancel = new AbortController();

  constructor(
    private readonly input: LauncherInput,
    private readonly options: LauncherOptions,
    private readonly folder: DataFolder,
    private readonly supervisor: Supervisor,
  ) {}

  async start(signals: StopSignals): Promise<void> {
    void signals.first.then(() => this.cancel.abort());
    const { input, folder, options } = this;
    await stopOrphans(folder, input.say);
    await this.assertPort();
    const plan = await makePlan({
      ...input,
      options,
      folder,
      secrets: loadSecrets(folder.path('secrets.json')),
      ports: new RememberedPorts(folder.path('ports.json')),
    });
    if (signals.stopping) return;
    await Promise.all(plan.foundations.map((service) => this.supervisor.start(service)));
    writeJsonFile(folder.path('runtime.json'), plan.variables);
    for (const application of plan.applications) await this.supervisor.start(application);
    await this.openDoors(plan);
    const complaints = plan.applications.map(({ name }) => new ComplaintFollower(folder.log(name), input.say));
    void signals.first.then(() => complaints.forEach((follower) => follower.stop()));
  }

  /** Everything is up: makes sure of the demo, writes down where all is, and tells. */
  private async openDoors(plan: Plan): Promise<void> {
    const { around } = plan;
    const simulated = !this.options.ownTiers;
    const demo = simulated && !this.options.production ? await this.demo(plan) : undefined;
    const handset = this.options.production ? undefined : handsetUrl(around);
    if (demo) {
      writeJsonFile(this.folder.path('demo.json'), {
        base_url: around.base,
        ...demo,
        handset_url: handset,
        docs_url: `${around.base}/docs`,
        eventstore_url: around.eventStoreUrl,
      });
    }
    this.input.say(banner({ base: around.base, dataFolder: this.folder.root, handset, demo, simulated }));
  }

  private demo(plan: Plan): Promise<Demo> {
    const env = { ...this.input.env, ...plan.variables };
    return ensureDemo(this.folder.path('demo.json'), plan.around.base, this.input.dist, env, this.cancel.signal);
  }

  private async assertPort(): Promise<void> {
    const { host, port } = this.options;
    const other = `Stop it, or choose another one: PORT=${port + 1} npm start`;
    try {
      if (await isFree(port, host)) return;
    } catch (error) {
      if (hasCode(error, 'EACCES'))
        throw new LauncherFailure(`Port ${port} needs the rights of root. Choose one over 1023.`);
      if (hasCode(error, 'EADDRNOTAVAIL', 'ENOTFOUND', 'EINVAL')) {
        throw new LauncherFailure(`HOST is "${host}", which is no address of this machine.`);
      }
      throw error;
    }
    throw new LauncherFailure(`Port ${port} on ${host} is in use by another program. ${other}`);
  }
}

/** The folder of the compiled program, seen from a compiled file of the launcher. */
export const DIST_FOLDER = join(__dirname, '..', '..', '..');
