import { randomBytes } from 'node:crypto';
import { type MigrationInterface, type QueryRunner, Table, type TableOptions } from 'typeorm';
import { type Columns, columnsOf } from './columns.ts';

const noAction = { onDelete: 'NO ACTION', onUpdate: 'NO ACTION' };
const cascade = { onDelete: 'CASCADE', onUpdate: 'NO ACTION' };

function index(name: string, ...columnNames: string[]) {
  return { name, columnNames };
}

function unique(name: string, ...columnNames: string[]) {
  return { name, columnNames, isUnique: true };
}

function references(name: string, column: string, table: string, actions: { onDelete: string; onUpdate: string }) {
  return { name, columnNames: [column], referencedTableName: table, referencedColumnNames: ['id'], ...actions };
}

function accountTables(c: Columns): TableOptions[] {
  return [
    {
      name: 'user',
      columns: [
        c.id(),
        c.varchar('name', 255),
        c.varchar('folded_name', 255),
        c.varchar('password_hash', 255),
        c.int16('state', { default: 1 }),
        c.int64('last_seen_at', { default: 0 }),
        c.varchar('replica', 128, { isNullable: true }),
        c.varchar('incarnation', 128, { isNullable: true }),
        c.int64('created_at'),
      ],
      indices: [unique('user_folded_name', 'folded_name'), index('user_replica', 'replica')],
    },
    {
      name: 'session',
      columns: [
        c.id(),
        c.binary('token_hash', 32),
        c.int64('user_id'),
        c.varchar('device_name', 255),
        c.int64('created_at'),
        c.int64('last_used_at'),
        c.int64('expires_at'),
      ],
      indices: [
        unique('session_token_hash', 'token_hash'),
        index('session_user', 'user_id'),
        index('session_expires', 'expires_at'),
      ],
      foreignKeys: [references('session_user_fk', 'user_id', 'user', cascade)],
    },
    {
      name: 'friend',
      columns: [
        c.int64('user_id', { isPrimary: true }),
        c.int64('friend_id', { isPrimary: true }),
        c.int16('status'),
        c.int64('created_at'),
      ],
      indices: [index('friend_friend', 'friend_id')],
      foreignKeys: [
        references('friend_user_fk', 'user_id', 'user', cascade),
        references('friend_friend_fk', 'friend_id', 'user', cascade),
      ],
    },
  ];
}

function groupTables(c: Columns): TableOptions[] {
  return [
    {
      name: 'all_group',
      columns: [
        c.id(),
        c.varchar('name', 255),
        c.varchar('description', 2048),
        c.int64('owner_id'),
        c.int64('conversation_id'),
        c.int32('member_limit'),
        c.int16('join_policy'),
        c.int16('history_visible', { default: 0 }),
        c.int64('creator_id'),
        c.binary('request_id', 16, { isNullable: true }),
        c.binary('request_hash', 32, { isNullable: true }),
        c.int64('created_at'),
      ],
      indices: [
        unique('all_group_request', 'creator_id', 'request_id'),
        unique('all_group_conversation', 'conversation_id'),
        index('all_group_owner', 'owner_id'),
      ],
      foreignKeys: [
        references('all_group_owner_fk', 'owner_id', 'user', noAction),
        references('all_group_conversation_fk', 'conversation_id', 'conversation', noAction),
      ],
    },
    {
      name: 'group_user',
      columns: [
        c.int64('group_id', { isPrimary: true }),
        c.int64('user_id', { isPrimary: true }),
        c.int64('joined_seq', { isPrimary: true }),
        c.int64('left_seq', { isNullable: true }),
        c.int16('role'),
        c.int64('changed_at'),
      ],
      indices: [index('group_user_user', 'user_id')],
      foreignKeys: [
        references('group_user_group_fk', 'group_id', 'all_group', noAction),
        references('group_user_user_fk', 'user_id', 'user', noAction),
      ],
    },
  ];
}

function logTables(c: Columns): TableOptions[] {
  return [
    {
      name: 'offline_message',
      columns: [
        c.int64('user_id', { isPrimary: true }),
        c.int64('conversation_id', { isPrimary: true }),
        c.int64('delivered_seq'),
        c.int64('read_seq'),
      ],
    },
    {
      name: 'message',
      columns: [
        c.int64('conversation_id', { isPrimary: true }),
        c.int64('seq', { isPrimary: true }),
        c.int64('ordinal'),
        c.int64('sender_id'),
        c.binary('client_message_id', 16, { isNullable: true }),
        c.binary('request_hash', 32, { isNullable: true }),
        c.int16('kind'),
        c.int64('target_seq', { isNullable: true }),
        c.int64('subject_id', { isNullable: true }),
        c.text('text', { isNullable: true }),
        c.varchar('media_type', 127, { isNullable: true }),
        c.blob('payload', { isNullable: true }),
        c.text('detail', { isNullable: true }),
        c.int64('created_at'),
      ],
      indices: [unique('message_client_id', 'sender_id', 'client_message_id')],
    },
    {
      name: 'deployment',
      columns: [c.varchar('name', 64, { isPrimary: true }), c.varchar('value', 255)],
    },
  ];
}

function conversationTable(c: Columns): TableOptions {
  return {
    name: 'conversation',
    columns: [
      c.id(),
      c.int16('kind'),
      c.varchar('direct_key', 40, { isNullable: true }),
      c.int64('group_id', { isNullable: true }),
      c.int64('first_seq', { default: 1 }),
      c.int64('last_seq', { default: 0 }),
      c.int64('last_ordinal', { default: 0 }),
      c.int64('last_activity', { default: 0 }),
      c.int64('members_version', { default: 1 }),
    ],
    indices: [
      unique('conversation_direct_key', 'direct_key'),
      unique('conversation_group', 'group_id'),
      index('conversation_last_activity', 'last_activity'),
    ],
  };
}

const DROP_ORDER = [
  'deployment',
  'message',
  'offline_message',
  'group_user',
  'all_group',
  'conversation',
  'friend',
  'session',
  'user',
];

/**
 * The first tables, and the log epoch. MySQL commits each table by itself, so a run that was cut off must be able to
 * run again: what is there already is left alone.
 */
export class CreateTables1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const c = await columnsOf(runner);
    for (const table of [...accountTables(c), conversationTable(c), ...groupTables(c), ...logTables(c)]) {
      await runner.createTable(new Table({ ...table, engine: 'InnoDB' }), true);
    }
    const [epoch] = (await runner.query("SELECT value FROM deployment WHERE name = 'log_epoch'")) as unknown[];
    if (epoch) return;
    const value = randomBytes(16).toString('hex');
    await runner.query("INSERT INTO deployment (name, value) VALUES ('log_epoch', ?)", [value]);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of DROP_ORDER) await runner.dropTable(name, true);
  }
}
