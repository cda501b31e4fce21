import { entryKind } from './codes.ts';
import { targetOf } from './conversation-facts.ts';
import type { ConversationFacts, Entry, EntryBody, GroupRole, MembershipChangeKind, NewEntry } from './records.ts';
import type { Parameter, Row } from './sql.ts';
import { uuidFromBytes, uuidToBytes } from './uuid.ts';

/** The columns of an entry `m`, for toEntry. */
export const ENTRY_COLUMNS =
  'm.conversation_id, m.seq, m.ordinal, m.sender_id, m.client_message_id, m.kind, m.subject_id, m.text, ' +
  'm.media_type, m.payload, m.detail, m.created_at';

export interface EntryRow extends Row {
  readonly conversation_id: number;
  readonly seq: number;
  readonly ordinal: number;
  readonly sender_id: number;
  readonly client_message_id: Buffer | null;
  readonly kind: number;
  readonly subject_id: number | null;
  readonly text: string | null;
  readonly media_type: string | null;
  readonly payload: Buffer | null;
  readonly detail: string | null;
  readonly created_at: number;
}

/** What `detail` holds of a membership entry, as JSON. */
interface MembershipDetail {
  readonly change: MembershipChangeKind;
  readonly role: GroupRole | null;
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
    body: toBody(row, nameOf),
  };
}

function toBody(row: EntryRow, nameOf: (userId: number) => string): EntryBody {
  if (entryKind.decode(row.kind) === 'content') {
    const text = row.text ?? '';
    if (row.payload === null) return { kind: 'content', content: { text } };
    return { kind: 'content', content: { text, payload: { mediaType: row.media_type ?? '', data: row.payload } } };
  }
  const { change, role } = JSON.parse(row.detail!) as MembershipDetail;
  const userId = row.subject_id!;
  return { kind: 'membership', change, role, userId, userName: nameOf(userId) };
}

const INSERTED = [
  'conversation_id',
  'seq',
  'ordinal',
  'sender_id',
  'client_message_id',
  'request_hash',
  'kind',
  'subject_id',
  'text',
  'media_type',
  'payload',
  'detail',
  'created_at',
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
    entryKind.encode(entry.body.kind),
    ...bodyParameters(entry.body),
    entry.createdAt,
  ];
}

/** subject_id, text, media_type, payload, detail */
function bodyParameters(body: EntryBody): Parameter[] {
  if (body.kind === 'content') {
    const { text, payload } = body.content;
    return [null, text, payload?.mediaType ?? null, payload?.data ?? null, null];
  }
  const detail: MembershipDetail = { change: body.change, role: body.role };
  return [body.userId, null, null, null, JSON.stringify(detail)];
}
