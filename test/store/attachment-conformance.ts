import { randomBytes, randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { NewUpload } from '../../server/store/seam/attachments.ts';
import type { Attachment } from '../../server/store/seam/entry.ts';
import { DuplicateKey } from '../../server/store/seam/failures.ts';
import type { UserRecord } from '../../server/store/seam/records.ts';
import type { Transaction } from '../../server/store/seam/transaction.ts';
import { append, text, type World } from './world.ts';

const MIB = 1_048_576;

/** Uploads, what messages carry, who may fetch it, and what is collected. */
export function attachmentConformance(world: () => World): void {
  const attachments = () => world().store.attachments;
  const inTransaction = <T>(work: (tx: Transaction) => Promise<T>) => world().store.transact(work);

  function newUpload(conversationId: number, uploaderId: number, changed: Partial<NewUpload> = {}): NewUpload {
    return {
      ...{ conversationId, uploaderId, requestId: randomUUID(), sha256: randomBytes(32), createdAt: 100 },
      ...{ fileName: 'cake 🎂.jpeg', mediaType: 'image/jpeg', sizeBytes: 2 * MIB + 5 },
      ...changed,
    };
  }

  const insert = (upload: NewUpload) => inTransaction((tx) => tx.attachments.insert(upload));

  async function complete(conversationId: number, uploaderId: number, at = 200): Promise<Attachment> {
    const id = await insert(newUpload(conversationId, uploaderId, { sizeBytes: 9 }));
    return (await attachments().complete(id, 0, at))!;
  }

  /** A message that carries them; gives its seq. */
  const carry = (conversationId: number, senderId: number, files: Attachment[]) =>
    inTransaction(async (tx) => {
      const content = { text: 'look', attachments: files };
      const seq = await append(tx, conversationId, senderId, [{ kind: 'content', content }]);
      await tx.attachments.bind(files.map(({ id }) => ({ id, messageSeq: seq })));
      return seq;
    });

  test('an upload is found by its id and by its request, which is the one of its uploader', async () => {
    const { a, b, id: conversationId } = await world().direct();
    const wanted = newUpload(conversationId, a.id);
    const { requestId, ...file } = wanted;
    const id = await insert(wanted);
    const stored = {
      ...file,
      sha256: Buffer.from(file.sha256),
      id,
      state: 'uploading',
      receivedBytes: 0,
      messageSeq: null,
    };
    expect(await attachments().byId(id)).toEqual(stored);
    expect(await attachments().byRequest(a.id, requestId)).toEqual(stored);
    expect(await attachments().byRequest(b.id, requestId)).toBeUndefined();
    expect(await inTransaction((tx) => tx.attachments.byRequest(a.id, requestId))).toEqual(stored);
    expect(await inTransaction((tx) => tx.attachments.byIds([id, id, id + 1_000]))).toEqual([stored]);
    await expect(insert(wanted)).rejects.toThrow(DuplicateKey);
    await insert({ ...wanted, uploaderId: b.id });
  });

  test('advances from where it is, to its end, and never from elsewhere', async () => {
    const { a, id: conversationId } = await world().direct();
    const id = await insert(newUpload(conversationId, a.id));
    const advance = (from: number, to: number) => attachments().advance(id, from, to, 150);
    expect(await advance(0, MIB)).toBe(true);
    expect(await advance(0, MIB)).toBe(true);
    expect(await advance(0, 2 * MIB)).toBe(false);
    expect(await attachments().complete(id, 0, 160)).toBeUndefined();
    expect(await advance(MIB, 2 * MIB)).toBe(true);
    expect(await advance(0, MIB)).toBe(false);
    expect(await attachments().byId(id)).toMatchObject({ state: 'uploading', receivedBytes: 2 * MIB, createdAt: 100 });

    const done = await attachments().complete(id, 2 * MIB, 170);
    expect(done).toMatchObject({ id, createdAt: 170, sizeBytes: 2 * MIB + 5, fileName: 'cake 🎂.jpeg' });
    expect(done).not.toHaveProperty('state');
    expect(await attachments().complete(id, 2 * MIB, 180)).toEqual(done);
    expect(await advance(2 * MIB, 2 * MIB + 5)).toBe(false);
    expect(await attachments().byId(id)).toMatchObject({ state: 'complete', receivedBytes: 2 * MIB + 5 });
    expect(await attachments().advance(id + 1_000, 0, MIB, 1)).toBe(false);
    expect(await attachments().complete(id + 1_000, 0, 1)).toBeUndefined();
  });

  test('of two streams that advance one upload to different places one does', async () => {
    const { a, id: conversationId } = await world().direct();
    const id = await insert(newUpload(conversationId, a.id));
    const moved = await Promise.all([1, 2, 3, 4].map((bytes) => attachments().advance(id, 0, bytes, 150)));
    expect(moved.filter(Boolean)).toHaveLength(1);
  });

  test('what is dropped is collected, and frees its request; what is complete can not be dropped', async () => {
    const { a, id: conversationId } = await world().direct();
    const wanted = newUpload(conversationId, a.id);
    const id = await insert(wanted);
    await inTransaction((tx) => tx.attachments.drop(id, 300));
    expect(await attachments().byRequest(a.id, wanted.requestId)).toBeUndefined();
    expect(await attachments().byId(id)).toMatchObject({ state: 'collected' });
    expect(await attachments().advance(id, 0, MIB, 310)).toBe(false);
    expect(await attachments().complete(id, 0, 310)).toBeUndefined();
    await insert(wanted);

    const kept = await complete(conversationId, a.id);
    await inTransaction((tx) => tx.attachments.drop(kept.id, 300));
    expect(await attachments().byId(kept.id)).toMatchObject({ state: 'complete' });
  });

  test('is readable by its uploader until a message carries it, then by whoever may read that', async () => {
    const { a, b, id } = await world().direct();
    const stranger = await world().user();
    const uploading = await insert(newUpload(id, a.id));
    expect(await attachments().readable(a.id, uploading)).toBeUndefined();

    const file = await complete(id, a.id);
    expect(await attachments().readable(a.id, file.id)).toEqual(file);
    expect(await attachments().readable(b.id, file.id)).toBeUndefined();
    const seq = await carry(id, a.id, [file]);
    expect(await attachments().byId(file.id)).toMatchObject({ messageSeq: seq });
    for (const user of [a, b]) expect(await attachments().readable(user.id, file.id)).toEqual(file);
    expect(await attachments().readable(stranger.id, file.id)).toBeUndefined();
  });

  test('in a group is readable by those whose periods cover the message, or who see its history', async () => {
    const people = await world().users(5);
    const [owner, former, before, late] = people as [UserRecord, UserRecord, UserRecord, UserRecord, UserRecord];
    const group = await world().group(owner);
    await world().join(group, before);
    await world().leave(group, before);
    await world().join(group, former);
    const file = await complete(group.conversationId, owner.id);
    await carry(group.conversationId, owner.id, [file]);
    await world().leave(group, former);
    await world().join(group, late);

    /** The owner, the former, the one before, the late one and a stranger. */
    const readers = async () => {
      const found = await Promise.all(people.map(({ id }) => attachments().readable(id, file.id)));
      return found.map((readable) => readable !== undefined);
    };
    expect(await readers()).toEqual([true, true, false, false, false]);
    await inTransaction(async (tx) => {
      await tx.log.lock([group.conversationId], 'wait');
      await tx.groups.update(group.groupId, { historyVisible: true });
    });
    expect(await readers()).toEqual([true, true, false, true, false]);
    // A member again sees what was said while they were away, as ListMessages shows it to them.
    await world().join(group, before);
    expect(await readers()).toEqual([true, true, true, true, false]);
  });

  test('is gone with the message: recalled, or edited without it; another that it keeps or gets is there', async () => {
    const { a, b, id: conversationId } = await world().direct();
    const [dropped, kept, added, recalled] = await Promise.all([1, 2, 3, 4].map(() => complete(conversationId, a.id)));
    const seq = await carry(conversationId, a.id, [dropped!, kept!]);
    const other = await carry(conversationId, a.id, [recalled!]);
    await inTransaction(async (tx) => {
      await tx.log.lock([conversationId], 'wait');
      await tx.attachments.bind([{ id: added!.id, messageSeq: seq }]);
      const content = { text: 'look again', attachments: [kept!, added!] };
      const body = { kind: 'edit', targetSeq: seq, content, revision: 1 } as const;
      const editSeq = await append(tx, conversationId, a.id, [body]);
      await tx.log.replaceContent({ conversationId, seq, editSeq, content, revision: 1, at: 500 });
      const recallSeq = await append(tx, conversationId, a.id, [{ kind: 'recall', targetSeq: other }]);
      await tx.log.eraseContent({ conversationId, seq: other }, recallSeq, 600);
    });
    for (const user of [a, b]) {
      const readable = await Promise.all(
        [dropped, kept, added, recalled].map((file) => attachments().readable(user.id, file!.id)),
      );
      expect(readable).toEqual([undefined, kept, added, undefined]);
    }
    for (const { id } of [dropped!, recalled!]) {
      expect(await attachments().byId(id)).toMatchObject({ state: 'collected', messageSeq: null });
    }
  });

  test('what an edit added is readable by who may read the edit, though not the message', async () => {
    const [owner, late] = await world().pair();
    const group = await world().group(owner);
    const { conversationId } = group;
    const seq = await world().say(conversationId, owner.id, text('without'));
    await world().join(group, late);
    const file = await complete(conversationId, owner.id);
    await inTransaction(async (tx) => {
      const content = { text: 'with', attachments: [file] };
      const body = { kind: 'edit', targetSeq: seq, content, revision: 1 } as const;
      const editSeq = await append(tx, conversationId, owner.id, [body]);
      await tx.attachments.bind([{ id: file.id, messageSeq: seq }]);
      await tx.log.replaceContent({ conversationId, seq, editSeq, content, revision: 1, at: 500 });
    });
    for (const user of [owner, late]) expect(await attachments().readable(user.id, file.id)).toEqual(file);
  });

  test('orphans are those that no message carries and nobody touched since; they are collected, then removed', async () => {
    const { a, id: conversationId } = await world().direct();
    const uploading = await insert(newUpload(conversationId, a.id, { createdAt: 11 }));
    const grown = await insert(newUpload(conversationId, a.id, { createdAt: 12 }));
    await attachments().advance(grown, 0, MIB, 30);
    const waiting = await complete(conversationId, a.id, 13);
    const carried = await complete(conversationId, a.id, 14);
    await carry(conversationId, a.id, [carried]);

    const orphans = async (before: number) => {
      const all = await attachments().orphans(before, 1_000);
      return all.filter((orphan) => orphan.conversationId === conversationId).map(({ id }) => id);
    };
    expect(await orphans(11)).toEqual([]);
    expect(await orphans(30)).toEqual([uploading, waiting.id]);
    expect(await orphans(31)).toEqual([uploading, waiting.id, grown]);
    expect(await attachments().orphans(31, 1)).toHaveLength(1);

    const all = [uploading, grown, waiting.id, carried.id];
    expect(await inTransaction((tx) => tx.attachments.collect(all, 30))).toBe(2);
    expect(await inTransaction((tx) => tx.attachments.collect(all, 30))).toBe(0);
    expect(await orphans(31)).toEqual([grown]);
    expect(await attachments().readable(a.id, waiting.id)).toBeUndefined();
    const collected = await attachments().collected(1_000);
    expect(collected).toEqual(
      expect.arrayContaining([
        { id: uploading, sizeBytes: 2 * MIB + 5, sha256: expect.any(Buffer) },
        { id: waiting.id, sizeBytes: 9, sha256: Buffer.from(waiting.sha256) },
      ]),
    );
    expect(await attachments().collected(1)).toHaveLength(1);

    await attachments().remove([]);
    await attachments().remove(all);
    await attachments().remove(all);
    const left = await inTransaction((tx) => tx.attachments.byIds(all));
    expect(left.map(({ id }) => id).sort((x, y) => x - y)).toEqual([grown, carried.id].sort((x, y) => x - y));
  });
}
