import { entryKind } from './codes.ts';
import type { Attachment, Content, EntryBody, GroupChanges, Mention, MembershipChangeKind } from './seam/entry.ts';
import type { GroupRole } from './seam/records.ts';
import type { Parameter, Row } from './sql.ts';

export const BODY_COLUMN_NAMES = [
  'kind',
  'target_seq',
  'revision',
  'subject_id',
  'text',
  'media_type',
  'payload',
  'detail',
] as const;

/** The columns of the body of an entry `m`, for toBody. */
export const BODY_COLUMNS = BODY_COLUMN_NAMES.map((name) => `m.${name}`).join(', ');

export interface BodyRow extends Row {
  readonly kind: number;
  readonly target_seq: number | null;
  readonly revision: number;
  readonly subject_id: number | null;
  readonly text: string | null;
  readonly media_type: string | null;
  readonly payload: Buffer | null;
  readonly detail: string | null;
}

/** What `detail` holds, as JSON: what no statement asks for. */
interface MembershipDetail {
  readonly change: MembershipChangeKind;
  readonly role: GroupRole | null;
}

interface ReactionDetail {
  readonly emoji: string;
  readonly removed: boolean;
}

interface ContentDetail {
  readonly replyToSeq?: number;
  readonly mentions?: readonly Mention[];
  readonly attachments?: readonly (Omit<Attachment, 'conversationId' | 'sha256'> & { readonly sha256: string })[];
}

/** `nameOf`: the present name of a user, '' where there is none. */
export function toBody(row: BodyRow, conversationId: number, nameOf: (userId: number) => string): EntryBody {
  const targetSeq = row.target_seq ?? 0;
  const { revision } = row;
  const kind = entryKind.decode(row.kind);
  switch (kind) {
    case 'content':
      return { kind, content: toContent(row, conversationId), ...(revision > 0 && { revision }) };
    case 'recalled':
      return { kind, recallSeq: targetSeq };
    case 'recall':
      return { kind, targetSeq };
    case 'edit':
      return { kind, targetSeq, revision, content: row.text === null ? null : toContent(row, conversationId) };
    case 'reaction':
      return { kind, targetSeq, ...(JSON.parse(row.detail!) as ReactionDetail) };
    case 'group_change':
      return { kind, changes: JSON.parse(row.detail!) as GroupChanges };
    case 'membership': {
      const userId = row.subject_id!;
      return { kind, userId, userName: nameOf(userId), ...(JSON.parse(row.detail!) as MembershipDetail) };
    }
  }
}

/** The values of BODY_COLUMN_NAMES. */
export function bodyParameters(body: EntryBody): Parameter[] {
  const kind = entryKind.encode(body.kind);
  switch (body.kind) {
    case 'content':
      return [kind, null, body.revision ?? 0, null, ...contentParameters(body.content)];
    case 'recalled':
      return [kind, body.recallSeq, 0, null, null, null, null, null];
    case 'recall':
      return [kind, body.targetSeq, 0, null, null, null, null, null];
    case 'edit':
      return [kind, body.targetSeq, body.revision, null, ...contentParameters(body.content)];
    case 'reaction': {
      const detail: ReactionDetail = { emoji: body.emoji, removed: body.removed };
      return [kind, body.targetSeq, 0, null, null, null, null, JSON.stringify(detail)];
    }
    case 'group_change':
      return [kind, null, 0, null, null, null, null, JSON.stringify(body.changes)];
    case 'membership': {
      const detail: MembershipDetail = { change: body.change, role: body.role };
      return [kind, null, 0, body.userId, null, null, null, JSON.stringify(detail)];
    }
  }
}

/** text, media_type, payload, detail; all null where there is no content (any more). */
export function contentParameters(content: Content | null): Parameter[] {
  if (content === null) return [null, null, null, null];
  const { text, payload } = content;
  return [text, payload?.mediaType ?? null, payload?.data ?? null, contentDetail(content)];
}

function contentDetail({ replyToSeq, mentions, attachments }: Content): string | null {
  if (replyToSeq === undefined && mentions === undefined && attachments === undefined) return null;
  const files = attachments?.map(({ conversationId: _same, sha256, ...file }) => ({
    ...file,
    sha256: Buffer.from(sha256).toString('base64'),
  }));
  const detail: ContentDetail = {
    ...(replyToSeq !== undefined && { replyToSeq }),
    ...(mentions && { mentions }),
    ...(files && { attachments: files }),
  };
  return JSON.stringify(detail);
}

function toContent(row: BodyRow, conversationId: number): Content {
  const detail = row.detail === null ? {} : (JSON.parse(row.detail) as ContentDetail);
  return {
    text: row.text ?? '',
    ...(row.payload !== null && { payload: { mediaType: row.media_type ?? '', data: row.payload } }),
    ...(detail.replyToSeq !== undefined && { replyToSeq: detail.replyToSeq }),
    ...(detail.mentions && { mentions: detail.mentions }),
    ...(detail.attachments && {
      attachments: detail.attachments.map((file) => ({
        ...file,
        conversationId,
        sha256: Buffer.from(file.sha256, 'base64'),
      })),
    }),
  };
}
