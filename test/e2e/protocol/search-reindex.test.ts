import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createConnection } from 'mysql2/promise';

import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { runCommand } from '../../../server/command-line.ts';
import { type Engine, ENGINES, freshDatabase, startServer } from '../../cluster/start-server.ts';
import { textMessage, toUser } from './frames.ts';
import { searchUntil, texts } from './searching.ts';
import { Stage } from './stage.ts';

const FORGET = 'DELETE FROM message_gram';

/** Empties the index behind the server's back. */
async function forgetIndex(engine: Engine, url: string): Promise<void> {
  if (engine === 'sqlite') {
    const database = new Database(url.slice('sqlite:'.length));
    database.exec(FORGET);
    database.close();
    return;
  }
  const { searchParams, pathname } = new URL(url);
  const connection = await createConnection({
    socketPath: searchParams.get('socketPath')!,
    user: 'root',
    database: pathname.slice(1),
  });
  await connection.query(FORGET);
  await connection.end();
}

describe.each(ENGINES)('reindex, on %s', (engine) => {
  let url: string;
  let remove: () => Promise<void>;
  let stdout: string;
  let stderr: string;

  beforeEach(async () => {
    ({ url, remove } = await freshDatabase(engine));
    [stdout, stderr] = ['', ''];
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((stdout += String(text)), true));
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await remove();
  });

  const reindex = () => runCommand(['reindex'], { PARLEY_DATABASE_URL: url, PARLEY_LOG_LEVEL: 'silent' });
  const serve = async () => new Stage(await startServer({ engine, environment: { PARLEY_DATABASE_URL: url } }));

  /** The lemons that a server finds. */
  async function lemons(stage: Stage, token: string): Promise<string[]> {
    const request = { query: 'lemon', conversationId: 0n, pageSize: 0, pageToken: '' };
    return texts(await stage.caller.call(HistoryServiceService.searchMessages, request, token));
  }

  test('makes the index anew from the log; beside servers on MySQL, alone on SQLite', async () => {
    let stage = await serve();
    const [ann, bob] = await stage.users('ann', 'bob');
    await ann.post(textMessage(toUser(bob.id), 'a lemon'));
    await ann.post(textMessage(toUser(bob.id), 'another lemon'));
    await searchUntil(bob, 'lemon', 2);
    if (engine === 'sqlite') {
      expect(await reindex()).toBe(1);
      expect(stderr).toMatch(/^parley-server: .*parley\.db is in use by another process/);
      await stage.close();
    }
    await forgetIndex(engine, url);
    if (engine === 'sqlite') stage = await serve();
    expect(await lemons(stage, bob.token)).toEqual([]);

    if (engine === 'sqlite') await stage.close();
    expect(await reindex()).toBe(0);
    expect(stdout).toBe('indexed 2 messages of 1 conversations\n');
    if (engine === 'sqlite') stage = await serve();
    expect(await lemons(stage, bob.token)).toEqual(['another lemon', 'a lemon']);
    await stage.close();
  });

  test('wants the tables of MySQL to be there', async () => {
    if (engine === 'sqlite') {
      expect(await reindex()).toBe(0);
      expect(stdout).toBe('indexed 0 messages of 0 conversations\n');
      return;
    }
    expect(await reindex()).toBe(1);
    expect(stderr).toContain('npm run migrate');
  });
});
