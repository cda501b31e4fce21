import { type MigrationInterface, type QueryRunner, Table, TableIndex, type TableOptions } from 'typeorm';

import { type Columns, columnsOf } from './columns.ts';

function newTables(c: Columns): TableOptions[] {
  const cascade = { referencedColumnNames: ['id'], onDelete: 'CASCADE', onUpdate: 'NO ACTION' };
  return [
    {
      name: 'join_request',
      columns: [
        c.int64('group_id', { isPrimary: true }),
        c.int64('user_id', { isPrimary: true }),
        c.int64('created_at'),
      ],
      foreignKeys: [
        { name: 'join_request_group_fk', columnNames: ['group_id'], referencedTableName: 'all_group', ...cascade },
        { name: 'join_request_user_fk', columnNames: ['user_id'], referencedTableName: 'user', ...cascade },
      ],
    },
    {
      name: 'reaction',
      columns: [
        c.int64('conversation_id', { isPrimary: true }),
        c.int64('target_seq', { isPrimary: true }),
        c.int64('user_id', { isPrimary: true }),
        c.varchar('emoji', 64, { isPrimary: true }),
        c.int64('seq'),
      ],
    },
    {
      name: 'message_gram',
      columns: [
        c.int64('conversation_id', { isPrimary: true }),
        c.int64('gram', { isPrimary: true }),
        c.int64('seq', { isPrimary: true }),
        c.int64('created_at'),
      ],
      indices: [{ name: 'message_gram_message', columnNames: ['conversation_id', 'seq'] }],
      withoutRowid: true,
    },
    {
      name: 'search_progress',
      columns: [c.int64('conversation_id', { isPrimary: true }), c.int64('indexed_seq')],
    },
    {
      name: 'attachment',
      columns: [
        c.id(),
        c.int64('conversation_id'),
        c.int64('uploader_id'),
        c.binary('request_id', 16),
        c.varchar('file_name', 255),
        c.varchar('media_type', 127),
        c.int64('size_bytes'),
        c.binary('sha256', 32),
        c.int16('state'),
        c.int64('received_bytes', { default: 0 }),
        c.int64('message_seq', { isNullable: true }),
        c.int64('created_at'),
        c.int64('touched_at'),
      ],
      indices: [
        { name: 'attachment_request', columnNames: ['uploader_id', 'request_id'], isUnique: true },
        { name: 'attachment_message', columnNames: ['conversation_id', 'message_seq'] },
        { name: 'attachment_touched', columnNames: ['message_seq', 'touched_at'] },
      ],
    },
  ];
}

const INDICES: Readonly<Record<string, TableIndex>> = {
  friend: new TableIndex({ name: 'friend_status', columnNames: ['status', 'created_at'] }),
  group_user: new TableIndex({ name: 'group_user_changed', columnNames: ['changed_at'] }),
  user: new TableIndex({ name: 'user_presence', columnNames: ['replica', 'incarnation'] }),
};

/** What `user_presence` begins with. */
const USER_REPLICA = new TableIndex({ name: 'user_replica', columnNames: ['replica'] });

/**
 * Reactions, edits, attachments, requests to join, the search index and hidden presence. MySQL commits each statement
 * by itself, so a run that was cut off must be able to run again: what is there already is left alone.
 */
export class ChatDomain1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const c = await columnsOf(runner);
    for (const table of newTables(c)) await runner.createTable(new Table({ ...table, engine: 'InnoDB' }), true);
    // Added in place: SQLite would otherwise copy the table, and others refer to it.
    await addColumn(runner, 'message', 'revision', 'integer NOT NULL DEFAULT 0');
    await addColumn(runner, 'user', 'presence_hidden', 'smallint NOT NULL DEFAULT 0');
    for (const [table, index] of Object.entries(INDICES)) {
      if (!(await hasIndex(runner, table, index.name!))) await runner.createIndex(table, index);
    }
    await runner.dropIndex('user', USER_REPLICA.name!, true);
  }

  async down(runner: QueryRunner): Promise<void> {
    if (!(await hasIndex(runner, 'user', USER_REPLICA.name!))) await runner.createIndex('user', USER_REPLICA);
    for (const [table, index] of Object.entries(INDICES)) await runner.dropIndex(table, index.name!, true);
    await runner.query('ALTER TABLE `user` DROP COLUMN `presence_hidden`');
    await runner.query('ALTER TABLE `message` DROP COLUMN `revision`');
    for (const name of ['attachment', 'search_progress', 'message_gram', 'reaction', 'join_request']) {
      await runner.dropTable(name, true);
    }
  }
}

async function addColumn(runner: QueryRunner, table: string, column: string, definition: string): Promise<void> {
  if (await runner.hasColumn(table, column)) return;
  await runner.query(`ALTER TABLE \`${table}\` ADD COLUMN \`${column}\` ${definition}`);
}

async function hasIndex(runner: QueryRunner, table: string, name: string): Promise<boolean> {
  const found = await runner.getTable(table);
  return found?.indices.some((index) => index.name === name) ?? false;
}
