import { BODY_COLUMN_NAMES, BODY_COLUMNS, bodyParameters, type BodyRow, toBody } from './body-rows.ts';
import { type Entry, type NewEntry, targetOf } from './seam/entry.ts';
import type { ConversationFacts } from './seam/records.ts';
import type { Parameter } from './sql.ts';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

/** The columns of an entry `m`, for toEntry. */
export const ENTRY_COLUMNS =
  'm.conversation_id, m.seq, m.ordinal, m.sender_id, m.client_message_id, m.created_at, ' + BODY_COLUMNS;

export interface EntryRow extends BodyRow {
  readonly conversation_id: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly sender_id: number;
  readonly client_message_id: Buffer | null;
  readonly created_at: number;
}

/** `nameOf`: the present name of a user, '' where there is none. */
export function toEntry(row: EntryRow, facts: ConversationFacts, nameOf: (userId: number) => string): Entry {
  return {
    conversationId: row.conversation_id,
    seq: row.seq,
    ordinal: row.ordinal,
    target: targetOf(facts, row.sender_id),
    senderId: row.sender_id,
    senderName: nameOf(row.sender_id),
    clientMessageId: row.client_message_id && uuidFromBytes(row.client_message_id),
    createdAt: row.created_at,
    body: toBody(row, row.conversation_id, nameOf),
  };
}

const INSERTED = [
  'conversation_id',
  'seq',
  'ordinal',
  'sender_id',
  'client_message_id',
  'request_hash',
  'created_at',
  ...BODY_COLUMN_NAMES,
];

export const PARAMETERS_PER_ENTRY = INSERTED.length;

/** Inserts `count` entries with the parameters of entryParameters, one entry after the other. */
export function insertEntries(count: number): string {
  const row = `(${Array<string>(INSERTED.length).fill('?').join(', ')})`;
  return `INSERT INTO message (${INSERTED.join(', ')}) VALUES ${Array<string>(count).fill(row).join(', ')}`;
}

export function entryParameters({ entry, requestHash }: NewEntry): Parameter[] {
  return [
    entry.conversationId,
    entry.seq,
    entry.ordinal,
    entry.senderId,
    entry.clientMessageId === null ? null : uuidToBytes(entry.clientMessageId),
    requestHash,
    entry.createdAt,
    ...bodyParameters(entry.body),
  ];
}
