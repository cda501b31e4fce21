import { describe, expect, test } from '@jest/globals';

import { DomainError } from '../lib/errors.ts';
import type { Content } from '../store/seam/entry.ts';
import { checkContent, checkUuid, hashRequest, MAX_PAYLOAD_BYTES, MAX_TEXT_BYTES } from './content-rules.ts';

const TO_ANN = { kind: 'user', userId: 1 } as const;

function fieldOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? error.violations[0]?.field : String(error);
  }
}

const payload = (mediaType: string, bytes = 1): Content => ({
  text: '',
  payload: { mediaType, data: new Uint8Array(bytes) },
});

describe('content', () => {
  test.each<[string, Content | undefined, string | undefined]>([
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

test('the hash of a request tells any two apart, and is the same for the same', () => {
  const data = Uint8Array.from([1, 2]);
  const requests: [Parameters<typeof hashRequest>[0], Content][] = [
    [TO_ANN, { text: 'a' }],
    [TO_ANN, { text: 'b' }],
    [{ kind: 'user', userId: 2 }, { text: 'a' }],
    [{ kind: 'group', groupId: 1 }, { text: 'a' }],
    [{ kind: 'group', groupId: 2 }, { text: 'a' }],
    [TO_ANN, { text: 'a', payload: { mediaType: 'a/b', data } }],
    [TO_ANN, { text: 'a', payload: { mediaType: 'a/c', data } }],
    [TO_ANN, { text: 'a', payload: { mediaType: 'a/b', data: Uint8Array.from([1, 3]) } }],
    [TO_ANN, { text: 'a', payload: { mediaType: 'a/b', data: new Uint8Array(0) } }],
  ];
  const hashes = requests.map(([target, content]) => Buffer.from(hashRequest(target, content)).toString('hex'));
  expect(new Set(hashes).size).toBe(requests.length);
  expect(Buffer.from(hashRequest(TO_ANN, { text: 'a' })).toString('hex')).toBe(hashes[0]);
});
