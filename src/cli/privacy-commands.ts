import type { Command } from 'commander';
import type { CleaningStep, PersonalTraces } from '../application/ports/personal-traces';
import { EraseSubject } from '../application/privacy/erase-subject';
import { MasterKeyRotation } from '../infrastructure/privacy/master-key-rotation';
import { Application } from './application';
import { idOf } from './arguments';
import { facts, print, table, type OutputOptions } from './output';
import { Progress } from './progress';

interface EraseOptions extends OutputOptions {
  readonly customer: string;
  readonly phone: string;
  readonly note: string;
  readonly cleanDisk: boolean;
}

export function addPrivacyCommands(program: Command): void {
  const privacy = program.command('privacy').description('erase people, and change the key that guards their data');
  privacy
    .command('erase')
    .description('destroys the key of one recipient of a customer: the log then says [erased], for good')
    .requiredOption('--customer <customer_id>', 'whose recipient it is', idOf('cus'))
    .requiredOption('--phone <number>', 'the number')
    .requiredOption('--note <note>', 'why; stays in the log, so without the number')
    .option('--no-clean-disk', 'leave the bytes of the deleted row to `privacy clean-disk`, for many erasures in a row')
    .option('--json', 'print JSON')
    .action((options: EraseOptions) => Application.with((app) => erase(app, options)));
  privacy
    .command('clean-disk')
    .description('overwrites what deleted keys leave in the files of Postgres and Redis; sending waits for moments')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        print({ cleaned: await clean(app.traces) }, options, ({ cleaned }) => facts(cleaned.map(cleaningFact)));
      }),
    );
  privacy
    .command('rotate-master')
    .description('wraps all keys in the current version of the master key; can be broken off and run again')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => {
        const progress = new Progress();
        const rewrapped = await rotation(app).run((done, total) => progress.show(progressLine(done, total)));
        progress.end();
        const versions = await shownVersions(app);
        print(
          { rewrapped, versions },
          options,
          () => `${rewrapped} keys were wrapped anew.\n${versionsText(versions)}`,
        );
      }),
    );
  privacy
    .command('keys')
    .description('how many keys are wrapped in which version of the master key: one without any may be retired')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with(async (app) => print(await shownVersions(app), options, versionsText)),
    );
}

async function erase(app: Application, options: EraseOptions): Promise<void> {
  const { customer, phone, note } = options;
  app.customer(customer);
  const erasure = await app.commands.execute(new EraseSubject(app.origin, customer, phone, note));
  const cleaned = options.cleanDisk ? await clean(app.traces) : [];
  const shown = {
    subject_id: erasure.subjectId,
    erased: erasure.subjectId !== null,
    block_ended: erasure.blockEnded,
    reports_removed: erasure.reports,
    texts_removed: erasure.texts,
    answers_removed: erasure.answers,
    cached_removed: erasure.cached,
    cleaned,
  };
  print(shown, options, () =>
    facts([
      ['erased', shown.subject_id ?? 'no key was kept under this number'],
      ['block', shown.block_ended ? 'ended with it: nothing is left to know the recipient by' : 'none'],
      ['reports removed', shown.reports_removed],
      ['texts removed', shown.texts_removed],
      ['raw answers removed', shown.answers_removed],
      ['removed from Redis', shown.cached_removed],
      ...(options.cleanDisk ? cleaned.map(cleaningFact) : [['disk', 'left to `privacy clean-disk`'] as const]),
    ]),
  );
}

const clean = async (traces: PersonalTraces): Promise<CleaningStep[]> => [...(await traces.cleanDisk())];

const cleaningFact = ({ name, refused }: CleaningStep) =>
  [name, refused === null ? 'cleaned' : `NOT cleaned: ${refused}`] as const;

const BAR_WIDTH = 30;

function progressLine(done: number, total: number): string {
  const filled = Math.round((BAR_WIDTH * done) / Math.max(1, total));
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done} of ${total} keys`;
}

const rotation = (app: Application): MasterKeyRotation =>
  new MasterKeyRotation(app.database, app.configuration.masterKeys);

interface ShownVersion {
  readonly version: number;
  readonly keys: number;
  readonly state: string;
}

async function shownVersions(app: Application): Promise<ShownVersion[]> {
  const found = await rotation(app).versions();
  return found.map(({ version, keys, current, configured }) => ({
    version,
    keys,
    state: current ? 'current' : configured ? 'in use' : 'missing',
  }));
}

const versionsText = (versions: readonly ShownVersion[]): string =>
  table(
    ['version', 'keys', 'state'],
    versions.map(({ version, keys, state }) => [version, keys, state]),
  );
