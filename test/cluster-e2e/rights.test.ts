import { randomUUID } from 'node:crypto';

import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

import { AuthServiceService } from '../../proto/gen/parley/v1/auth_service.pb.ts';
import { ChatServiceService } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { GroupServiceService } from '../../proto/gen/parley/v1/group_service.pb.ts';
import { numbered, type ResponseFrame, send, textMessage, textOf, toGroup, toUser } from '../e2e/protocol/frames.ts';
import { headerOf, PART_BYTES, RawFiles, withFiles } from '../e2e/protocol/raw-files.ts';
import type { RawUser } from '../e2e/protocol/raw-user.ts';
import { useCluster } from './cluster-stage.ts';

const TOKEN_INVALID = { code: status.UNAUTHENTICATED, reason: 'TOKEN_INVALID' };
const NOT_A_MEMBER = { code: status.PERMISSION_DENIED, reason: 'NOT_A_MEMBER' };
const EVERYWHERE_WITHIN_MS = 1_000;
const SECRET = 'what was said';

const stage = useCluster();

let ann: RawUser;
let bob: RawUser;
let carol: RawUser;

beforeEach(async () => {
  [ann, bob, carol] = await stage().users('ann', 'bob', 'carol');
});

const entriesOf = (frames: readonly ResponseFrame[]) =>
  frames.flatMap((frame) => (frame.$case === 'deliver' ? frame.value.messages : []));

const everywhere = (user: RawUser): RawUser[] => stage().replicas.map((door) => door.as(user));

describe('a session that is revoked on one replica', () => {
  test('ends its streams on the others within a second, and can’t be used anywhere', async () => {
    const phone = await ann.logIn('phone');
    const streams = await Promise.all(everywhere(phone).map((device) => device.connect()));
    const own = await ann.connect();
    const { sessions } = await ann.call(AuthServiceService.listSessions, { pageSize: 0, pageToken: '' });
    const { id } = sessions.find(({ deviceName }) => deviceName === 'phone')!;
    const begun = performance.now();
    await ann.call(AuthServiceService.revokeSession, { sessionId: id });
    for (const chat of streams) expect(await chat.status()).toMatchObject(TOKEN_INVALID);
    expect(performance.now() - begun).toBeLessThan(EVERYWHERE_WITHIN_MS);
    for (const device of everywhere(phone)) {
      await expect(device.conversations()).rejects.toMatchObject(TOKEN_INVALID);
    }
    await own.settled();
  });

  test('so does a password that is changed', async () => {
    const tablet = await stage().device(ann, 2, 'tablet');
    const chat = await tablet.connect();
    const begun = performance.now();
    await ann.call(AuthServiceService.changePassword, {
      currentPassword: 'correct horse battery',
      newPassword: 'another horse battery',
    });
    expect(await chat.status()).toMatchObject(TOKEN_INVALID);
    expect(performance.now() - begun).toBeLessThan(EVERYWHERE_WITHIN_MS);
    await expect(tablet.conversations()).rejects.toMatchObject(TOKEN_INVALID);
  });
});

describe('a member who is removed on one replica', () => {
  test('is given nothing after it on another, while others go on writing on a third', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    await carol.join(group);
    const [annChat, bobChat, carolChat] = [await ann.connect(), await bob.connect(), await carol.connect()];
    const messages = numbered('m', 300).map((text) => textMessage(toGroup(group.id), text));
    for (const message of messages.slice(0, 150)) carolChat.send(send(message));
    const removed = ann.call(GroupServiceService.removeMember, { groupId: group.id, userId: bob.id });
    for (const message of messages.slice(150)) carolChat.send(send(message));
    await removed;
    await carolChat.results(300);

    // What the owner is given, on a third replica, is the whole log.
    const all = await annChat.entries(301);
    const removal = all.findIndex(({ body }) => body?.$case === 'membershipChange');
    expect(removal).toBeLessThan(300);
    expect(await bobChat.entries(removal + 1)).toEqual(all.slice(0, removal + 1));
    await ann.post(textMessage(toUser(bob.id), 'direct'));
    expect((await bobChat.entries(1)).map(textOf)).toEqual(['direct']);
    await bobChat.settled();
    expect(bobChat.waiting).not.toContain('deliver');
  });

  test('can’t write from the answer on, on any replica', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    const bobs = everywhere(bob);
    // Each replica knows the members by now.
    for (const device of bobs) await device.post(textMessage(toGroup(group.id), 'before'));
    await ann.call(GroupServiceService.removeMember, { groupId: group.id, userId: bob.id });
    await Promise.all(
      bobs.map((device) =>
        expect(device.post(textMessage(toGroup(group.id), 'after'))).rejects.toMatchObject(NOT_A_MEMBER),
      ),
    );
  });
});

describe('a message that is recalled on one replica', () => {
  test('is taken back from those who are there, and never given again on any', async () => {
    const said = await ann.post(textMessage(toUser(bob.id), SECRET));
    const { chat, waited, logEpoch } = await bob.resume();
    expect(entriesOf(waited).map(textOf)).toEqual([SECRET]);
    const { conversationId, seq } = said;
    await stage().replicas[2]!.as(ann).call(ChatServiceService.recallMessage, { conversationId, seq });
    // From the answer on, whoever asks, and wherever.
    const kept = { logEpoch, positions: [{ conversationId, seq: 0n }] };
    for (const device of everywhere(bob)) {
      expect((await device.history(conversationId)).map(textOf)).toEqual(['recalled', 'recall']);
      const later = await device.resume(kept);
      expect(entriesOf(later.waited).map(textOf)).toEqual(['recalled', 'recall']);
    }
    expect(await chat.entries(1)).toMatchObject([{ body: { $case: 'recall', value: { targetSeq: seq } } }]);
  });
});

describe('a file', () => {
  const opened: RawFiles[] = [];
  afterEach(() => opened.splice(0).forEach((files) => files[Symbol.dispose]()));

  const filesAt = (replica: number, user: RawUser): RawFiles => {
    const files = new RawFiles(stage().replicas[replica]!.address, user.token);
    opened.push(files);
    return files;
  };

  test('that was uploaded on one replica is fetched on the others, once it was sent', async () => {
    const bytes = Buffer.alloc(2_500_000, 'parley');
    const target = toUser(bob.id);
    const { id } = await filesAt(0, ann).upload(headerOf(target, bytes), bytes);
    const content = withFiles([{ id }]);
    await stage().replicas[1]!.as(ann).post({ clientMessageId: randomUUID(), target, content });
    for (const replica of [0, 1, 2]) {
      const { chunks } = await filesAt(replica, bob).download(id);
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    }
    await expect(filesAt(2, carol).download(id)).rejects.toMatchObject({ code: status.NOT_FOUND });
  });

  test('whose upload broke off on one replica is completed on another', async () => {
    const bytes = Buffer.alloc(2_500_000, 'parley');
    const header = headerOf(toUser(bob.id), bytes);
    const upload = filesAt(0, ann).open().header(header);
    await upload.bytes(bytes.subarray(0, PART_BYTES + 1));
    const elsewhere = filesAt(1, ann);
    let receivedBytes = 0n;
    // The first part is there once it is stored; there is no answer before the end.
    while (receivedBytes === 0n) ({ receivedBytes } = await elsewhere.progress(header.requestId));
    await upload.cancel();
    const attachment = await elsewhere.upload({ ...header, offsetBytes: receivedBytes }, bytes);
    expect(attachment.sizeBytes).toBe(BigInt(bytes.byteLength));
  });
});
