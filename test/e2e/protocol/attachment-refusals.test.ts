import { randomBytes, randomUUID } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import type { UploadHeader } from '../../../proto/gen/parley/v1/attachment_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { useFiles } from './file-stage.ts';
import { toGroup, toUser } from './frames.ts';
import { headerOf, PART_BYTES, type RawFiles } from './raw-files.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const MAX_BYTES = 4 * PART_BYTES;
const invalid = (field: string) => ({ code: status.INVALID_ARGUMENT, reason: 'INVALID_FIELD', fields: [field] });

describe.each(ENGINES)('uploads and downloads that are refused, on %s', (engine) => {
  const stage = useStage(engine, { PARLEY_MAX_ATTACHMENT_BYTES: String(MAX_BYTES) });
  const files = useFiles(stage);
  const bytes = randomBytes(100_000);
  let ann: RawUser;
  let bob: RawUser;
  let annFiles: RawFiles;
  let header: UploadHeader;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    annFiles = files.of(ann);
    header = headerOf(toUser(bob.id), bytes);
  });

  test('a header that is wrong, by the field and its limit', async () => {
    const wrong: [Partial<UploadHeader>, string, RegExp][] = [
      [{ target: undefined }, 'header.target', /user_id or group_id/],
      [{ target: toUser(0n) }, 'header.target.user_id', /1 to 9007199254740991/],
      [{ fileName: '' }, 'header.file_name', /1 to 255 characters/],
      [{ fileName: '../../etc/passwd' }, 'header.file_name', /without a folder/],
      [{ fileName: 'a\u001b]52;c;x' }, 'header.file_name', /no control characters/],
      [{ mediaType: 'picture' }, 'header.media_type', /at most 127 characters/],
      [{ sizeBytes: 0n }, 'header.size_bytes', /1 to 4194304/],
      [{ sizeBytes: BigInt(MAX_BYTES) + 1n }, 'header.size_bytes', /1 to 4194304/],
      [{ sizeBytes: -1n }, 'header.size_bytes', /0 or more/],
      [{ sha256: Buffer.alloc(20) }, 'header.sha256', /32 bytes/],
      [{ requestId: '' }, 'header.request_id', /UUID/],
      [{ offsetBytes: -1n }, 'header.offset_bytes', /0 or more/],
      [{ offsetBytes: 2n ** 62n }, 'header.offset_bytes', /0 or more/],
      [{ offsetBytes: 100_001n }, 'header.offset_bytes', /at most size_bytes/],
    ];
    for (const [changed, field, limit] of wrong) {
      const refused = annFiles.open().header({ ...header, ...changed });
      await expect(refused.answer).rejects.toMatchObject({ ...invalid(field), message: expect.stringMatching(limit) });
    }
  });

  test('frames out of turn', async () => {
    await expect(annFiles.open().finish()).rejects.toMatchObject(invalid('header'));
    await expect((await annFiles.open().bytes(bytes)).finish()).rejects.toMatchObject(invalid('header'));
    const twice = annFiles.open().header(header).header(header);
    await expect(twice.finish()).rejects.toMatchObject(invalid('chunk'));
  });

  test('chunks that are too large, empty or too many', async () => {
    const large = await annFiles.open().header(header).bytes(bytes, 65_537);
    await expect(large.answer).rejects.toMatchObject(invalid('chunk'));
    const more = await annFiles.open().header(header).bytes(bytes);
    await expect((await more.bytes(Buffer.of(1))).answer).rejects.toMatchObject(invalid('chunk'));
    const empty = annFiles.open().header(header);
    void empty.chunk(Buffer.of());
    await expect(empty.answer).rejects.toMatchObject(invalid('chunk'));
  });

  test('at once, though the client goes on to write', async () => {
    const endless = annFiles.open().header({ ...header, fileName: '' });
    await endless.bytes(randomBytes(8 * PART_BYTES));
    await expect(endless.answer).rejects.toMatchObject(invalid('header.file_name'));
    await annFiles.upload(header, bytes);
  });

  test('bytes with another checksum; they are dropped', async () => {
    const wrong = Buffer.from(bytes);
    wrong[99] = bytes[99]! ^ 1;
    await expect(annFiles.upload(header, wrong)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'CHECKSUM_MISMATCH',
    });
    await expect(annFiles.progress(header.requestId)).rejects.toMatchObject({ reason: 'ATTACHMENT_NOT_FOUND' });
    await annFiles.upload(header, bytes);
  });

  test('a request id of another file', async () => {
    await annFiles.upload(header, bytes);
    const other = { ...header, fileName: 'other.jpeg' };
    await expect(annFiles.upload(other, bytes)).rejects.toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'REQUEST_ID_REUSED',
    });
  });

  test('where its user may not write: a group of others, one that was left, nobody, oneself', async () => {
    const group = await bob.createGroup('tea');
    const toTea = { ...header, target: toGroup(group.id) };
    const noMember = { code: status.PERMISSION_DENIED, reason: 'NOT_A_MEMBER' };
    await expect(annFiles.upload(toTea, bytes)).rejects.toMatchObject(noMember);
    await ann.join(group);
    await ann.leave(group);
    await expect(annFiles.upload(toTea, bytes)).rejects.toMatchObject(noMember);
    const nowhere = { ...header, target: toGroup(9_007_199_254_740_991n) };
    await expect(annFiles.upload(nowhere, bytes)).rejects.toMatchObject(noMember);
    const nobody = { ...header, target: toUser(9_007_199_254_740_991n) };
    await expect(annFiles.upload(nobody, bytes)).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' });
    const oneself = { ...header, target: toUser(ann.id) };
    await expect(annFiles.upload(oneself, bytes)).rejects.toMatchObject({ reason: 'SELF_NOT_ALLOWED' });
  });

  test('a fifth upload of one user; those that vanish give their places back', async () => {
    const open = Array.from({ length: 4 }, () => annFiles.open());
    for (const upload of open) {
      const own = { ...header, sizeBytes: BigInt(2 * PART_BYTES), requestId: randomUUID() };
      await upload.header(own).bytes(randomBytes(PART_BYTES));
      while ((await annFiles.progress(own.requestId).catch(() => undefined))?.receivedBytes !== BigInt(PART_BYTES));
    }
    await expect(annFiles.upload(header, bytes)).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      reason: 'OVERLOADED',
      retryAfterMs: 2_000,
    });
    await files.of(bob).upload(headerOf(toUser(ann.id), bytes), bytes);
    for (const upload of open) await upload.cancel();
    const again = () => annFiles.upload(header, bytes).then(Boolean, () => false);
    while (!(await again()));
  });

  test('with a token that is revoked meanwhile, before another part is stored', async () => {
    const large = randomBytes(3 * PART_BYTES);
    const own = headerOf(toUser(bob.id), large);
    const upload = await annFiles.open().header(own).bytes(large.subarray(0, PART_BYTES));
    while ((await annFiles.progress(own.requestId).catch(() => undefined))?.receivedBytes !== BigInt(PART_BYTES));
    await ann.call(AuthServiceService.logout, {});
    await upload.bytes(large.subarray(PART_BYTES));
    await expect(upload.answer).rejects.toMatchObject({ code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' });
  });

  test('a download from beyond the end, of an id that is none, or of nothing', async () => {
    const file = await annFiles.upload(header, bytes);
    expect(await files.fetch(ann, file.id, 100_000n)).toHaveLength(0);
    await expect(files.fetch(ann, file.id, 100_001n)).rejects.toMatchObject({
      code: status.OUT_OF_RANGE,
      reason: 'UPLOAD_OFFSET_WRONG',
      metadata: { received_bytes: '100000' },
    });
    await expect(files.fetch(ann, file.id, -1n)).rejects.toMatchObject(invalid('offset_bytes'));
    await expect(files.fetch(ann, 0n)).rejects.toMatchObject(invalid('attachment_id'));
    await expect(files.fetch(ann, file.id + 1_000n)).rejects.toMatchObject({
      code: status.NOT_FOUND,
      reason: 'ATTACHMENT_NOT_FOUND',
    });
    await expect(annFiles.progress('none')).rejects.toMatchObject(invalid('request_id'));
  });
});
