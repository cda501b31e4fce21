import Database from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';

type Row = Readonly<Record<string, unknown>>;

/** Runs one statement by a connection of its own, behind the server's back; gives its rows, if it has any. */
export async function askDatabase(url: string, statement: string): Promise<Row[]> {
  if (url.startsWith('sqlite:')) {
    const database = new Database(url.slice('sqlite:'.length));
    try {
      const prepared = database.prepare<[], Row>(statement);
      if (prepared.reader) return prepared.all();
      prepared.run();
      return [];
    } finally {
      database.close();
    }
  }
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query(statement);
    return Array.isArray(rows) ? (rows as Row[]) : [];
  } finally {
    await connection.end();
  }
}
