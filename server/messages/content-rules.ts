import { createHash } from 'node:crypto';

import { invalidField } from '../lib/errors.ts';
import type { Content } from '../store/seam/entry.ts';
import type { Target } from '../store/seam/records.ts';

export const MAX_TEXT_BYTES = 8_192;
export const MAX_PAYLOAD_BYTES = 8_192;
export const MAX_MEDIA_TYPE_CHARACTERS = 127;

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
export function checkContent(content: Content | undefined): Content {
  if (content === undefined || (content.text === '' && content.payload === undefined)) {
    throw invalidField('content', 'a text or a payload');
  }
  if (Buffer.byteLength(content.text) > MAX_TEXT_BYTES) {
    throw invalidField('content.text', `at most ${MAX_TEXT_BYTES} bytes of UTF-8`);
  }
  const { payload } = content;
  if (payload !== undefined) {
    if (payload.mediaType.length > MAX_MEDIA_TYPE_CHARACTERS || !MEDIA_TYPE.test(payload.mediaType)) {
      throw invalidField(
        'content.payload.media_type',
        `a media type of at most ${MAX_MEDIA_TYPE_CHARACTERS} characters`,
      );
    }
    if (payload.data.byteLength > MAX_PAYLOAD_BYTES) {
      throw invalidField('content.payload.data', `at most ${MAX_PAYLOAD_BYTES} bytes`);
    }
  }
  return content;
}

/** Tells a repeated send from another one under the same client_message_id: SHA-256 of target and content. */
export function hashRequest(target: Target, content: Content): Uint8Array {
  const to = target.kind === 'user' ? `user:${target.userId}` : `group:${target.groupId}`;
  const head = JSON.stringify([to, content.text, content.payload?.mediaType ?? null]);
  const hash = createHash('sha256').update(head);
  if (content.payload !== undefined) hash.update(content.payload.data);
  return hash.digest();
}
