import { describe, expect, test } from '@jest/globals';

import { DomainError } from '../lib/errors.ts';
import type { Mention } from '../store/seam/entry.ts';
import {
  checkContent,
  checkUuid,
  hashEdit,
  hashRequest,
  judgeReply,
  MAX_PAYLOAD_BYTES,
  MAX_TEXT_BYTES,
  type OutgoingContent,
} from './content-rules.ts';

const TO_ANN = { kind: 'user', userId: 1 } as const;

function fieldOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? error.violations[0]?.field : String(error);
  }
}

const payload = (mediaType: string, bytes = 1): OutgoingContent => ({
  text: '',
  payload: { mediaType, data: new Uint8Array(bytes) },
});

/** Mentions of somebody, each from its start and so long. */
const mentions = (text: string, ...places: [start: number, length: number][]): OutgoingContent => ({
  text,
  mentions: places.map(([start, length]): Mention => ({ userId: 1, start, length })),
});

const files = (...attachmentIds: number[]): OutgoingContent => ({ text: '', attachmentIds });
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('content', () => {
  test.each<[string, OutgoingContent | undefined, string | undefined]>([
    ['none', undefined, 'content'],
    ['neither text nor payload', { text: '' }, 'content'],
    ['a text at the limit', { text: 'x'.repeat(MAX_TEXT_BYTES) }, undefined],
    ['a text one byte over', { text: 'x'.repeat(MAX_TEXT_BYTES + 1) }, 'content.text'],
    ['characters of several bytes at the limit', { text: '好'.repeat(2_730) + 'xx' }, undefined],
    ['characters of several bytes over it', { text: '好'.repeat(2_731) }, 'content.text'],
    ['a payload at the limit', payload('application/json', MAX_PAYLOAD_BYTES), undefined],
    ['a payload one byte over', payload('application/json', MAX_PAYLOAD_BYTES + 1), 'content.payload.data'],
    ['an empty payload with a media type', payload('text/plain', 0), undefined],
    ['a media type with a parameter', payload('text/plain; charset=utf-8'), undefined],
    ['a media type of 127 characters', payload(`text/${'x'.repeat(122)}`), undefined],
    ['no media type', payload(''), 'content.payload.media_type'],
    ['half a media type', payload('json'), 'content.payload.media_type'],
    ['a media type of 128 characters', payload(`text/${'x'.repeat(123)}`), 'content.payload.media_type'],
    ['a media type of two lines', payload('text/plain\r\n; x=y'), 'content.payload.media_type'],
    ['a media type with a control character', payload('text/plain; x=\u001b[2J'), 'content.payload.media_type'],
    ['a media type with a letter beyond ASCII', payload('text/plain; x=é'), 'content.payload.media_type'],
    ['an attachment alone', files(1), undefined],
    ['no attachment after all', files(), 'content'],
    ['ten attachments', files(...upTo(10)), undefined],
    ['eleven attachments', files(...upTo(11)), 'content.attachments'],
    ['an attachment twice', files(1, 2, 1), 'content.attachments'],
    ['mentions side by side, to the end', mentions('@ann@bob', [0, 4], [4, 4]), undefined],
    ['a mention counted in code points', mentions('😀😀@ann', [2, 4]), undefined],
    ['a mention counted in UTF-16', mentions('😀😀@ann', [4, 4]), 'content.mentions'],
    ['a mention one beyond the end', mentions('@ann', [0, 5]), 'content.mentions'],
    ['a mention of nothing', mentions('@ann', [1, 0]), 'content.mentions'],
    ['a mention before the begin', mentions('@ann', [-1, 2]), 'content.mentions'],
    ['mentions that overlap', mentions('@ann@bob', [0, 5], [4, 4]), 'content.mentions'],
    ['mentions out of order', mentions('@ann@bob', [4, 4], [0, 4]), 'content.mentions'],
    ['fifty mentions', mentions('x'.repeat(50), ...upTo(50).map((n): [number, number] => [n - 1, 1])), undefined],
    ['one more', mentions('x'.repeat(51), ...upTo(51).map((n): [number, number] => [n - 1, 1])), 'content.mentions'],
  ])('%s', (_what, content, field) => {
    expect(fieldOf(() => checkContent(content))).toBe(field);
  });
});

test('a UUID may be written in either case, and is one', () => {
  const id = '01890A5D-AC96-774B-BCCE-B302099A8057';
  expect(checkUuid(id, 'id')).toBe(id.toLowerCase());
  for (const wrong of ['', 'x', id.slice(1), `${id}0`, `{${id}}`, id.replaceAll('-', '')]) {
    expect(fieldOf(() => checkUuid(wrong, 'id'))).toBe('id');
  }
});

test('a reply answers what is before it', () => {
  expect(judgeReply({ text: 'a' }, 1)).toBeNull();
  expect(judgeReply({ text: 'a', replyToSeq: 4 }, 5)).toBeNull();
  for (const replyToSeq of [5, 6]) {
    expect(judgeReply({ text: 'a', replyToSeq }, 5)?.violations[0]?.field).toBe('content.reply_to_seq');
  }
});

describe('the hash of a request', () => {
  const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');
  const contents: OutgoingContent[] = [
    { text: 'a' },
    { text: 'b' },
    { text: 'a', payload: { mediaType: 'a/b', data: Uint8Array.from([1, 2]) } },
    { text: 'a', payload: { mediaType: 'a/c', data: Uint8Array.from([1, 2]) } },
    { text: 'a', payload: { mediaType: 'a/b', data: Uint8Array.from([1, 3]) } },
    { text: 'a', payload: { mediaType: 'a/b', data: new Uint8Array(0) } },
    { text: 'a', replyToSeq: 1 },
    { text: 'a', replyToSeq: 2 },
    { text: 'a', attachmentIds: [1] },
    { text: 'a', attachmentIds: [1, 2] },
    { text: 'a', attachmentIds: [2, 1] },
    mentions('a', [0, 1]),
    mentions('a', [0, 2]),
    mentions('a', [1, 1]),
    { text: 'a', mentions: [{ userId: 2, start: 0, length: 1 }] },
  ];
  const all = () => [
    ...contents.map((content) => hex(hashRequest(TO_ANN, content))),
    ...contents.map((content) => hex(hashRequest({ kind: 'user', userId: 2 }, content))),
    ...contents.map((content) => hex(hashRequest({ kind: 'group', groupId: 1 }, content))),
    ...contents.map((content) => hex(hashEdit({ conversationId: 1, seq: 1 }, content))),
    ...contents.map((content) => hex(hashEdit({ conversationId: 1, seq: 2 }, content))),
    ...contents.map((content) => hex(hashEdit({ conversationId: 11, seq: 1 }, content))),
  ];

  test('tells any two apart, and is the same for the same', () => {
    expect(new Set(all()).size).toBe(6 * contents.length);
    expect(all()).toEqual(all());
  });

  test('of a text and of a payload are those that are stored', () => {
    expect(hex(hashRequest(TO_ANN, { text: 'a' }))).toBe(
      '5275132e03fd48b2025b98ae8c3a45d0be6c2a57f909e28171c59f167f4c39af',
    );
    const payload = { mediaType: 'a/b', data: Uint8Array.from([1, 2]) };
    expect(hex(hashRequest({ kind: 'group', groupId: 2 }, { text: 'a', payload }))).toBe(
      '580ef17e23b955786fb4e00bb9de4af048693c6a7d71408b5e5c5a7eda1088fd',
    );
  });
});
