import { Option, type Command } from 'commander';
import { signingKey, verifyingKey, type VerifyingKey } from '../infrastructure/audit/signing-keys';
import { EXPORT_FORMATS, exportLog, type ExportFormat } from '../infrastructure/audit/export-logs';
import { HeadsFile } from '../infrastructure/audit/heads-file';
import { newestRefusedCalls } from '../infrastructure/audit/access-table';
import { checkHeads, LOGS, type LogName } from '../infrastructure/audit/signed-head';
import { signRestored, type RestoredSigner } from '../infrastructure/audit/sign-restored';
import { replayAudit } from '../infrastructure/audit/replay-audit';
import { inSnapshot, verifyAudit } from '../infrastructure/audit/verify-audit';
import { eventLogTruth } from '../infrastructure/audit/event-log-truth';
import { newestAuditRows } from '../projections/audit/audit-query';
import { Application } from './application';
import { addFilterOptions, filterOf, type FilterOptions } from './audit-filter';
import { replayText, verifyJson, verifyText } from './audit-report';
import { wholeNumber } from './arguments';
import { print, table, writeOut, type OutputOptions } from './output';
import { Progress } from './progress';

const logOption = (): Option => new Option('--log <log>', 'which log').choices(LOGS).default('audit');

/** Every key that heads may be signed with, as configured. */
function keysOf({ configuration: { audit } }: Application): VerifyingKey[] {
  const own = audit.signingKey === null ? [] : [signingKey(audit.signingKey)];
  return [...own, ...audit.trustedKeys.map(verifyingKey)];
}

function signerOf(app: Application, file: HeadsFile): RestoredSigner {
  const { signingKey: key } = app.configuration.audit;
  const signing = key === null ? null : signingKey(key);
  return { file, signing, keys: keysOf(app), time: new Date().toISOString() };
}

export function addAuditCommands(program: Command): void {
  const audit = program.command('audit').description('the audit log and the log of refused calls');
  addVerify(audit);
  addReplay(audit);
  addExport(audit);
  addList(audit);
  audit
    .command('key')
    .description('the public key that heads are signed with: an auditor needs it, and nothing else of ours')
    .option('--json', 'print JSON')
    .action((options: OutputOptions) =>
      Application.with((app) => {
        const keys = keysOf(app).map((key) => ({ key_id: key.id, public_key: key.publicKey.toString('base64url') }));
        print(keys, options, (all) =>
          table(
            ['key', 'Ed25519 public key, base64url'],
            all.map((key) => [key.key_id, key.public_key]),
          ),
        );
        return Promise.resolve();
      }),
    );
}

function addVerify(audit: Command): void {
  audit
    .command('verify')
    .description('proves both logs: chains, signed heads, every row against the event log; exit code 1 where it cannot')
    .option('--without-log', 'by chain and heads alone, without the event log')
    .option('--json', 'print JSON')
    .action((options: OutputOptions & { withoutLog?: boolean }) =>
      Application.with(async (app) => {
        const progress = new Progress();
        const report = await inSnapshot(app.database, (sql) =>
          verifyAudit(sql, {
            file: new HeadsFile(app.configuration.audit.folder),
            keys: keysOf(app),
            comparison: options.withoutLog ? null : (snapshot) => eventLogTruth(snapshot, app, Date.now()),
            progress: (what, rows) => progress.show(`${what}: ${rows} rows`),
          }),
        ).finally(() => progress.end());
        print(verifyJson(report), options, () => verifyText(report));
        if (report.findings.length > 0) process.exitCode = 1;
      }),
    );
}

function addReplay(audit: Command): void {
  audit
    .command('replay')
    .description('builds the audit log anew from the event log, compares byte for byte, and puts it in its place')
    .option('--replace', 'also where it differs: the log that stood there is kept beside')
    .option('--json', 'print JSON')
    .action((options: OutputOptions & { replace?: boolean }) =>
      Application.with(async (app) => {
        const progress = new Progress();
        const file = new HeadsFile(app.configuration.audit.folder);
        const { heads } = checkHeads(file.read().lines, keysOf(app));
        const report = await app
          .asOwner((database) =>
            replayAudit(database, {
              subscriptions: app.subscriptions,
              heads: heads.filter(({ log }) => log === 'audit'),
              signRestored: (sql, row) => signRestored(sql, row, signerOf(app, file)),
              replace: options.replace ?? false,
              stamp: new Date().toISOString().replace(/\D/g, '').slice(0, 14),
              progress: (rows) => progress.show(`rebuilt: ${rows} rows`),
            }),
          )
          .finally(() => progress.end());
        const { rows, hash, differsAt, contradictsHeadAt, swapped, keptAs, restoredAfter } = report;
        const json = {
          rows: rows.toString(),
          hash,
          differs_at: differsAt?.toString() ?? null,
          contradicts_head_at: contradictsHeadAt?.toString() ?? null,
          swapped,
          kept_as: keptAs,
          restored_after: restoredAfter?.toString() ?? null,
        };
        print(json, options, () => replayText(report));
        // That it differs is what was accepted, where a loss was.
        const isAccepted = swapped && restoredAfter !== null;
        if ((differsAt !== null && !isAccepted) || contradictsHeadAt !== null) process.exitCode = 1;
      }),
    );
}

function addExport(audit: Command): void {
  const command = audit
    .command('export')
    .description('a log as JSON Lines or CSV, oldest first')
    .addOption(new Option('--format <format>', 'jsonl or csv').choices(EXPORT_FORMATS).default('jsonl'))
    .option('--out <file>', 'a file instead of the output')
    .addOption(logOption());
  addFilterOptions(command).action((options: FilterOptions & { format: ExportFormat; out?: string; log: LogName }) =>
    Application.with(async (app) => {
      await writeOut(options.out, (write) =>
        inSnapshot(app.database, async (sql) => {
          for await (const text of exportLog(sql, options.log, options.format, filterOf(options))) await write(text);
        }),
      );
    }),
  );
}

function addList(audit: Command): void {
  const command = audit
    .command('list')
    .description('the newest rows of a log that fit')
    .addOption(new Option('--limit <rows>', 'at most').argParser(wholeNumber).default(20))
    .addOption(logOption())
    .option('--json', 'print JSON');
  addFilterOptions(command).action((options: FilterOptions & OutputOptions & { limit: number; log: LogName }) =>
    Application.with(async (app) => {
      const filter = filterOf(options);
      if (options.log === 'access') {
        print(await newestRefusedCalls(app.database, filter, options.limit), options, (calls) =>
          table(
            ['#', 'at', 'call', 'status', 'reason', 'customer', 'key', 'resource', 'request'],
            calls.map((one) => [
              ...([one.seq, one.at, `${one.method} ${one.route}`, one.status, one.reason] as const),
              ...([one.customer_id, one.key_id, one.resource, one.request_id] as const),
            ]),
          ),
        );
        return;
      }
      const rows = await newestAuditRows(app.database, filter, options.limit, null);
      const shown = rows.map(({ seq, facts: said, hash }) => ({ seq: seq.toString(), ...said, hash }));
      print(shown, options, (all) =>
        table(
          ['#', 'recorded', 'type', 'stream', 'rev', 'actor', 'customer', 'correlation'],
          all.map((one) => [
            ...([one.seq, one.recorded_at, one.type, one.stream, one.revision] as const),
            ...([`${one.actor_kind ?? '–'}:${one.actor_id ?? '–'}`, one.customer_id, one.correlation_id] as const),
          ]),
        ),
      );
    }),
  );
}
