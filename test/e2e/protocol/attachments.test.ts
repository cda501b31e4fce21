import { randomBytes, randomUUID } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { useFiles } from './file-stage.ts';
import { toGroup, toUser } from './frames.ts';
import { headerOf, PART_BYTES, withFiles } from './raw-files.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const LARGEST = 26_214_400;
const NOT_FOUND = { code: status.NOT_FOUND, reason: 'ATTACHMENT_NOT_FOUND' };

describe.each(ENGINES)('attachments, on %s', (engine) => {
  const stage = useStage(engine);
  const files = useFiles(stage);
  let ann: RawUser;
  let bob: RawUser;

  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
  });

  test('a file of the largest size goes up, with a message, and down, byte by byte', async () => {
    const bytes = randomBytes(LARGEST);
    const header = headerOf(toUser(bob.id), bytes);
    const uploaded = await files.of(ann).upload(header, bytes);
    expect(uploaded).toEqual({
      id: expect.any(BigInt),
      conversationId: expect.any(BigInt),
      fileName: 'photo.jpeg',
      mediaType: 'image/jpeg',
      sizeBytes: BigInt(LARGEST),
      sha256: header.sha256,
      createTime: expect.any(Date),
    });
    const progress = { receivedBytes: BigInt(LARGEST), attachment: uploaded };
    expect(await files.of(ann).progress(header.requestId)).toEqual(progress);

    const bobChat = await bob.connect();
    await files.send(ann, toUser(bob.id), [uploaded]);
    const [message] = await bobChat.entries(1);
    expect(message!.body).toMatchObject({ $case: 'content', value: { text: '', attachments: [uploaded] } });
    const { attachment, chunks } = await files.of(bob).download(uploaded.id);
    expect(attachment).toEqual(uploaded);
    expect(Math.max(...chunks.map(({ byteLength }) => byteLength))).toBe(65_536);
    expect(Buffer.compare(Buffer.concat(chunks), bytes)).toBe(0);
    const rest = await files.fetch(bob, uploaded.id, BigInt(LARGEST - 70_000));
    expect(Buffer.compare(rest, bytes.subarray(-70_000))).toBe(0);
  }, 60_000);

  test('a file is for its uploader alone until a message carries it', async () => {
    const bytes = Buffer.from('soon');
    const file = await files.upload(ann, toUser(bob.id), bytes);
    await expect(files.fetch(bob, file.id)).rejects.toMatchObject(NOT_FOUND);
    expect(await files.fetch(ann, file.id)).toEqual(bytes);
    await files.send(ann, toUser(bob.id), [file]);
    for (const user of [ann, bob]) expect(await files.fetch(user, file.id)).toEqual(bytes);
  });

  test('a message that is sent again has its first receipt; another one can not carry the same file', async () => {
    const file = await files.upload(ann, toUser(bob.id), Buffer.from('once'));
    const clientMessageId = randomUUID();
    const receipt = await files.send(ann, toUser(bob.id), [file], clientMessageId);
    expect(await files.send(ann, toUser(bob.id), [file], clientMessageId)).toEqual(receipt);
    await expect(files.send(ann, toUser(bob.id), [file])).rejects.toMatchObject(NOT_FOUND);
  });

  test('a file of one conversation, or of one user, can not be sent in another or by another', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    const file = await files.upload(ann, toUser(bob.id), Buffer.from('for bob'));
    await expect(files.send(ann, toGroup(group.id), [file])).rejects.toMatchObject(NOT_FOUND);
    await expect(files.send(bob, toUser(ann.id), [file])).rejects.toMatchObject(NOT_FOUND);
    await files.send(ann, toUser(bob.id), [file]);
  });

  test('an upload whose client vanished goes on where the server says', async () => {
    const bytes = randomBytes(2 * PART_BYTES + 99);
    const header = headerOf(toUser(bob.id), bytes);
    const annFiles = files.of(ann);
    const broken = await annFiles
      .open()
      .header(header)
      .bytes(bytes.subarray(0, PART_BYTES + 200_000));
    while ((await annFiles.progress(header.requestId).catch(() => undefined))?.receivedBytes !== BigInt(PART_BYTES));
    await broken.cancel();

    const early = annFiles.upload({ ...header, offsetBytes: BigInt(PART_BYTES + 1) }, bytes);
    await expect(early).rejects.toMatchObject({
      code: status.OUT_OF_RANGE,
      reason: 'UPLOAD_OFFSET_WRONG',
      metadata: { received_bytes: String(PART_BYTES) },
    });
    const file = await annFiles.upload({ ...header, offsetBytes: BigInt(PART_BYTES) }, bytes);
    expect(Buffer.compare(await files.fetch(ann, file.id), bytes)).toBe(0);
    expect((await annFiles.upload(header, bytes)).id).toBe(file.id);
  });

  test('an upload that its client ends early tells how far it came', async () => {
    const bytes = randomBytes(PART_BYTES + 99);
    const header = headerOf(toUser(bob.id), bytes);
    const half = await files.of(ann).open().header(header).bytes(bytes.subarray(0, -1));
    await expect(half.finish()).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      reason: 'UPLOAD_INCOMPLETE',
      metadata: { received_bytes: String(PART_BYTES) },
    });
  });

  test('a recall takes the file with it, at once and for everybody', async () => {
    const file = await files.upload(ann, toUser(bob.id), Buffer.from('oops'));
    const { conversationId, seq } = await files.send(ann, toUser(bob.id), [file]);
    await ann.call(ChatServiceService.recallMessage, { conversationId, seq });
    for (const user of [ann, bob]) await expect(files.fetch(user, file.id)).rejects.toMatchObject(NOT_FOUND);
    await expect(files.send(ann, toUser(bob.id), [file])).rejects.toMatchObject(NOT_FOUND);
  });

  test('an edit keeps, adds and drops files', async () => {
    const target = toUser(bob.id);
    const upload = (text: string) => files.upload(ann, target, Buffer.from(text));
    const [kept, dropped, added] = [await upload('kept'), await upload('dropped'), await upload('added')];
    const { conversationId, seq } = await files.send(ann, target, [kept, dropped]);
    const bobChat = await bob.connect();
    await ann.call(ChatServiceService.editMessage, {
      ...{ clientMessageId: randomUUID(), conversationId, seq, expectedRevision: 0 },
      content: withFiles([added, kept]),
    });
    const [edit] = await bobChat.entries(1);
    expect(edit!.body).toMatchObject({ $case: 'edit', value: { content: { attachments: [added, kept] } } });
    for (const { id } of [kept, added]) await files.fetch(bob, id);
    await expect(files.fetch(bob, dropped.id)).rejects.toMatchObject(NOT_FOUND);
  });
});
