import { expect, test } from '@jest/globals';

import { partCount, partKeys, partLength } from './parts.ts';
import { checkChunk, checkHeader, type UploadHeader } from './upload-rules.ts';

const MAX = 1_000;
const HEADER: UploadHeader = {
  target: { kind: 'user', userId: 1 },
  fileName: 'cake.jpeg',
  mediaType: 'image/jpeg',
  sizeBytes: MAX,
  sha256: new Uint8Array(32),
  requestId: '01890A5D-ac96-774b-bcce-b302099a8057',
  offsetBytes: 0,
};

test('a header is taken as it is, but for the case of its request id', () => {
  expect(checkHeader(HEADER, MAX)).toEqual({ ...HEADER, requestId: HEADER.requestId.toLowerCase() });
});

test.each<Partial<UploadHeader>>([
  { fileName: 'x' },
  { fileName: 'ä'.repeat(255) },
  { fileName: '🦊'.repeat(255) },
  { fileName: '...' },
  { fileName: '.profile' },
  { fileName: 'a b; rm -rf *' },
  { mediaType: 'text/plain; charset=utf-8' },
  { sizeBytes: 1 },
  { offsetBytes: MAX },
])('%j is allowed', (changed) => {
  expect(() => checkHeader({ ...HEADER, ...changed }, MAX)).not.toThrow();
});

test.each<[Partial<UploadHeader>, string, RegExp]>([
  [{ fileName: '' }, 'header.file_name', /1 to 255/],
  [{ fileName: 'x'.repeat(256) }, 'header.file_name', /1 to 255/],
  [{ fileName: '🦊'.repeat(256) }, 'header.file_name', /1 to 255/],
  [{ fileName: '.' }, 'header.file_name', /without a folder/],
  [{ fileName: '..' }, 'header.file_name', /without a folder/],
  [{ fileName: '../x' }, 'header.file_name', /without a folder/],
  [{ fileName: 'a\\x' }, 'header.file_name', /without a folder/],
  [{ fileName: 'a\nb' }, 'header.file_name', /control/],
  [{ fileName: 'a\0b' }, 'header.file_name', /control/],
  [{ fileName: 'gpj.\u202eexe' }, 'header.file_name', /control/],
  [{ fileName: ' ' }, 'header.file_name', /1 to 255/],
  [{ mediaType: '' }, 'header.media_type', /127/],
  [{ mediaType: 'jpeg' }, 'header.media_type', /127/],
  [{ mediaType: `a/${'b'.repeat(126)}` }, 'header.media_type', /127/],
  [{ sizeBytes: 0 }, 'header.size_bytes', /1 to 1000/],
  [{ sizeBytes: MAX + 1 }, 'header.size_bytes', /1 to 1000/],
  [{ sha256: new Uint8Array(31) }, 'header.sha256', /32 bytes/],
  [{ sha256: new Uint8Array(33) }, 'header.sha256', /32 bytes/],
  [{ requestId: '' }, 'header.request_id', /UUID/],
  [{ offsetBytes: MAX + 1 }, 'header.offset_bytes', /size_bytes/],
])('%j is refused', (changed, field, limit) => {
  expect(() => checkHeader({ ...HEADER, ...changed }, MAX)).toThrow(
    expect.objectContaining({
      reason: 'INVALID_FIELD',
      violations: [{ field, description: expect.stringMatching(limit) }],
    }),
  );
});

test.each([
  [1, 1, true],
  [65_536, 65_536, true],
  [65_537, 100_000, false],
  [0, 1, false],
  [2, 1, false],
])('a chunk of %d bytes where %d are left: %s', (bytes, left, allowed) => {
  const check = () => checkChunk(new Uint8Array(bytes), left);
  if (allowed) check();
  else expect(check).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
});

test.each([
  [1, [1]],
  [1_048_576, [1_048_576]],
  [1_048_577, [1_048_576, 1]],
  [2_100_000, [1_048_576, 1_048_576, 2_848]],
])('a file of %d bytes has parts of %j', (sizeBytes, lengths) => {
  expect(partCount(sizeBytes)).toBe(lengths.length);
  expect(lengths.map((_, part) => partLength(sizeBytes, part))).toEqual(lengths);
  const keys = partKeys({ id: 7, sizeBytes, sha256: new Uint8Array(32).fill(171) });
  expect(keys).toEqual(lengths.map((_, part) => `7-abababababababab/${part}`));
});
