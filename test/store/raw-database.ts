import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';

type Row = Record<string, unknown>;

/** One statement on a database, behind its store's back; gives the rows of a query. */
export async function runRaw(url: string, statement: string, parameters: readonly unknown[] = []): Promise<Row[]> {
  if (url.startsWith('sqlite:')) {
    const database = new Database(url.slice('sqlite:'.length));
    try {
      const prepared = database.prepare(statement);
      if (prepared.reader) return prepared.all(...parameters) as Row[];
      prepared.run(...parameters);
      return [];
    } finally {
      database.close();
    }
  }
  const { searchParams, pathname } = new URL(url);
  const socketPath = searchParams.get('socketPath')!;
  const connection = await createConnection({ socketPath, user: 'root', database: pathname.slice(1) });
  try {
    const [rows] = await connection.query(statement, [...parameters]);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  } finally {
    await connection.end();
  }
}
