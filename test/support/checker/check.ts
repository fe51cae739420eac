import { Client } from 'pg';
import { checkAnswers } from './answers';
import { checkAudit } from './audit';
import { checkCommands } from './commands';
import { collect, type Evidence, readHandsets } from './evidence';
import { Findings } from './findings';
import { readJournal } from './journal';
import { readLog } from './log';
import { checkMessages, type EndRule } from './messages';
import { checkMoney } from './money';
import { checkReadModels } from './read-models';
import { checkStreams } from './streams';

export interface Sources {
  readonly eventStoreUrl: string;
  /** Of a role that sees every row. */
  readonly databaseUrl: string;
  readonly sandboxUrl: string;
  /** The file that the load wrote. */
  readonly journal: string;
}

/**
 * Recomputes everything from the bytes of the log, the tables, the handsets and the customers' own journal. No line of the
 * application's code is used in here: what that gets wrong, this must not get wrong in the same way.
 */
export async function check(
  sources: Sources,
  endsOf: (evidence: Evidence) => EndRule,
): Promise<{ findings: Findings; evidence: Evidence }> {
  const findings = new Findings();
  const log = await readLog(sources.eventStoreUrl);
  const evidence = collect(log, readJournal(sources.journal), await readHandsets(sources.sandboxUrl));
  checkStreams(evidence, findings);
  checkCommands(evidence, findings);
  checkMessages(evidence, endsOf(evidence), findings);
  checkMoney(evidence, findings);
  checkAnswers(evidence, findings);
  const client = new Client({ connectionString: sources.databaseUrl });
  await client.connect();
  try {
    await checkReadModels(evidence, client, findings);
    await checkAudit(log, client, findings);
  } finally {
    await client.end();
  }
  return { findings, evidence };
}
