import type { Sql } from '../postgres/database';
import { UnusableKey, type KeyWrapper } from './key-wrapper';

/** One damaged row says nothing about the key of all the others. */
const SAMPLES = 5;

interface Sample {
  subject_id: string;
  wrapped_key: Buffer;
}

/** Whether the master keys of the configuration are those that the rows of subject_keys were wrapped under. */
export class MasterKeyCheck {
  constructor(
    private readonly sql: Sql,
    private readonly wrapper: KeyWrapper,
  ) {}

  /** One line for each version that rows need and that is missing, or is another key. Rows are counted only then. */
  async problems(): Promise<string[]> {
    const problems: string[] = [];
    for (const version of await this.versions()) {
      const what = await this.problemOf(version);
      if (what !== null) problems.push(what);
    }
    return problems;
  }

  private async problemOf(version: number): Promise<string | null> {
    if (!this.wrapper.versions.includes(version)) {
      const rows = await this.count(version);
      return `WAHT_MASTER_KEY has no version ${version}, in which the keys of ${rows} subjects are wrapped: add it`;
    }
    const samples = await this.samples(version);
    if (samples.length === 0 || samples.some((sample) => this.opens(sample, version))) return null;
    const rows = await this.count(version);
    return `WAHT_MASTER_KEY version ${version} is not the key that the keys of ${rows} subjects are wrapped under`;
  }

  private opens({ subject_id: subjectId, wrapped_key: bytes }: Sample, version: number): boolean {
    try {
      this.wrapper.unwrap(subjectId, { bytes, version }).fill(0);
      return true;
    } catch (error) {
      if (error instanceof UnusableKey) return false;
      throw error;
    }
  }

  /** From one entry of the index to the next that differs: as many steps as there are versions. */
  private async versions(): Promise<number[]> {
    const { rows } = await this.sql.query<{ version: number }>({
      text: `WITH RECURSIVE seen (version) AS (
               SELECT min(key_version) FROM subject_keys
               UNION ALL
               SELECT (SELECT min(key_version) FROM subject_keys WHERE key_version > seen.version)
               FROM seen WHERE seen.version IS NOT NULL)
             SELECT version FROM seen WHERE version IS NOT NULL`,
    });
    return rows.map(({ version }) => version);
  }

  private async samples(version: number): Promise<Sample[]> {
    const { rows } = await this.sql.query<Sample>({
      text: 'SELECT subject_id, wrapped_key FROM subject_keys WHERE key_version = $1 LIMIT $2',
      values: [version, SAMPLES],
    });
    return rows;
  }

  private async count(version: number): Promise<string> {
    const { rows } = await this.sql.query<{ n: string }>({
      text: 'SELECT count(*) AS n FROM subject_keys WHERE key_version = $1',
      values: [version],
    });
    return rows[0]?.n ?? '0';
  }
}
