import { createHash } from 'node:crypto';

import { type DomainError, invalidField } from '../lib/errors.ts';
import type { Content, Mention, Payload } from '../store/seam/entry.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { Target } from '../store/seam/records.ts';

export const MAX_TEXT_BYTES = 8_192;
export const MAX_PAYLOAD_BYTES = 8_192;
export const MAX_MEDIA_TYPE_CHARACTERS = 127;
export const MAX_MENTIONS = 50;
export const MAX_ATTACHMENTS = 10;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** type/subtype with optional parameters, as in RFC 6838 and RFC 2045: one line of ASCII, fit for a header. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:[ \t]*;[\t\x20-\x7e]*)?$/;

/** What a client wants to say: its attachments by their ids. */
export interface OutgoingContent extends Omit<Content, 'attachments'> {
  readonly attachmentIds?: readonly number[];
}

/** A UUID in lower case. @throws DomainError INVALID_FIELD */
export function checkUuid(value: string, field: string): string {
  const lower = value.toLowerCase();
  if (!UUID.test(lower)) throw invalidField(field, 'a UUID, such as 01890a5d-ac96-774b-bcce-b302099a8057');
  return lower;
}

/** @throws DomainError INVALID_FIELD */
export function checkMediaType(value: string, field: string): void {
  if (value.length > MAX_MEDIA_TYPE_CHARACTERS || !MEDIA_TYPE.test(value)) {
    throw invalidField(field, `a media type of at most ${MAX_MEDIA_TYPE_CHARACTERS} characters`);
  }
}

/** What can be told without a look at the log. @throws DomainError INVALID_FIELD */
export function checkContent(content: OutgoingContent | undefined): OutgoingContent {
  if (content === undefined || isEmpty(content)) {
    throw invalidField('content', 'a text, a payload or an attachment');
  }
  if (Buffer.byteLength(content.text) > MAX_TEXT_BYTES) {
    throw invalidField('content.text', `at most ${MAX_TEXT_BYTES} bytes of UTF-8`);
  }
  if (content.payload !== undefined) checkPayload(content.payload);
  if (content.mentions !== undefined) checkMentions(content.mentions, content.text);
  const { attachmentIds = [] } = content;
  if (attachmentIds.length > MAX_ATTACHMENTS || new Set(attachmentIds).size < attachmentIds.length) {
    throw invalidField('content.attachments', `at most ${MAX_ATTACHMENTS}, each once`);
  }
  return content;
}

/** An entry answers an earlier one: why the one at `seq` can't be a reply to what it names; null if it can. */
export function judgeReply({ replyToSeq }: OutgoingContent, seq: number): DomainError | null {
  if (replyToSeq === undefined || replyToSeq < seq) return null;
  return invalidField('content.reply_to_seq', 'the seq of an earlier entry of the same conversation');
}

function isEmpty({ text, payload, attachmentIds = [] }: OutgoingContent): boolean {
  return text === '' && payload === undefined && attachmentIds.length === 0;
}

function checkPayload({ mediaType, data }: Payload): void {
  checkMediaType(mediaType, 'content.payload.media_type');
  if (data.byteLength > MAX_PAYLOAD_BYTES) {
    throw invalidField('content.payload.data', `at most ${MAX_PAYLOAD_BYTES} bytes`);
  }
}

function checkMentions(mentions: readonly Mention[], text: string): void {
  if (mentions.length > MAX_MENTIONS) throw invalidField('content.mentions', `at most ${MAX_MENTIONS}`);
  const textLength = [...text].length;
  let end = 0;
  for (const { start, length } of mentions) {
    if (start < end || length < 1 || start + length > textLength) {
      throw invalidField(
        'content.mentions',
        'within the text, in the order of start, without overlap; at least 1 long',
      );
    }
    end = start + length;
  }
}

/** Tells a repeated send from another one under the same client_message_id: SHA-256 of target and content. */
export function hashRequest(target: Target, content: OutgoingContent): Uint8Array {
  return hashContent(target.kind === 'user' ? `user:${target.userId}` : `group:${target.groupId}`, content);
}

/** As hashRequest, for an edit: of the message and its new content. */
export function hashEdit({ conversationId, seq }: EntryKey, content: OutgoingContent): Uint8Array {
  return hashContent(`edit:${conversationId}:${seq}`, content);
}

/** What a content is without its typed fields is hashed as it was before there were any: the hashes are stored. */
function hashContent(to: string, { text, payload, replyToSeq, mentions, attachmentIds }: OutgoingContent): Uint8Array {
  const head: unknown[] = [to, text, payload?.mediaType ?? null];
  if (replyToSeq !== undefined || mentions !== undefined || attachmentIds !== undefined) {
    const named = mentions?.map(({ userId, start, length }) => [userId, start, length]) ?? [];
    head.push(replyToSeq ?? 0, named, attachmentIds ?? []);
  }
  const hash = createHash('sha256').update(JSON.stringify(head));
  if (payload !== undefined) hash.update(payload.data);
  return hash.digest();
}
