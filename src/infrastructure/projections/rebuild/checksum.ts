import type { ProjectionSql, ProjectionTable } from '../../../application/ports/projection';

export interface TableChecksum {
  readonly rows: number;
  /** SHA-256 over the rows in the order of the primary key, hex. */
  readonly sha256: string;
}

interface Column {
  readonly name: string;
  /** Place in the primary key; null: no part of it. */
  readonly place: number | null;
}

/**
 * Of all columns but those that the projection does not derive. Equal for equal rows, whatever the order in which they were
 * written.
 * @param schema that the table lies in
 */
export async function checksum(sql: ProjectionSql, schema: string, table: ProjectionTable): Promise<TableChecksum> {
  const { rows: columns } = await sql.query<Column>({
    text: `SELECT quote_ident(a.attname) AS name, array_position(i.indkey::int2[], a.attnum) AS place
             FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
            WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL ($2::text[])
            ORDER BY a.attname`,
    values: [`${schema}.${table.name}`, table.notDerived ?? []],
  });
  const key = columns.filter(({ place }) => place !== null).sort((a, b) => (a.place ?? 0) - (b.place ?? 0));
  if (key.length === 0) throw new Error(`${table.name} has no primary key to order its rows by`);
  await sql.query({ text: `SET LOCAL timezone = 'UTC'` });
  await sql.query({ text: `SET LOCAL statement_timeout = 0` });
  const { rows } = await sql.query<{ rows: string; sha256: string }>({
    text: `SELECT count(*) AS rows,
                  encode(sha256(convert_to(coalesce(string_agg(md5(ROW(${columns.map(({ name }) => name).join(', ')})::text), ''
                         ORDER BY ${key.map(({ name }) => name).join(', ')}), ''), 'UTF8')), 'hex') AS sha256
             FROM ${schema}.${table.name}`,
  });
  const [row] = rows;
  if (row === undefined) throw new Error(`${table.name} gave no checksum`);
  return { rows: Number(row.rows), sha256: row.sha256 };
}
