import { randomUUID } from 'node:crypto';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';

import { forgetfulStore } from '../../test/domain/forgetful-store.ts';
import { openMemoryStore, withTransactions } from '../../test/domain/domain.ts';
import { MessageScene, type Person } from '../../test/domain/message-scene.ts';
import { withLog } from '../../test/domain/with-methods.ts';
import type { DomainError } from '../lib/errors.ts';
import type { EntryKey } from '../store/seam/log.ts';
import type { Store } from '../store/seam/store.ts';
import { editMessage } from './edit-message.ts';

let store: Store;
let scene: MessageScene;
let id: number;
let message: EntryKey;

beforeAll(async () => {
  store = await openMemoryStore();
});

afterAll(async () => {
  await store[Symbol.asyncDispose]();
});

beforeEach(async () => {
  scene = await MessageScene.make(store);
  id = scene.group.conversationId;
  message = await scene.say('member', 'first');
});

describe('an edit', () => {
  test('puts the new content in the place of the old one, and tells the group by an entry of its own', async () => {
    const { member } = scene.people;
    const clientMessageId = randomUUID();
    const content = { text: 'hi @ann', mentions: [{ userId: 7, start: 3, length: 4 }], replyToSeq: 1 };
    const edit = { clientMessageId, message, content, expectedRevision: 0 };
    const receipt = await editMessage(scene.parts, member, edit);
    expect(receipt).toEqual({
      conversationId: id,
      seq: message.seq + 1,
      ordinal: 1,
      createdAt: scene.domain.clock.now(),
    });
    const body = { kind: 'edit', targetSeq: message.seq, content, revision: 1 };
    expect(await scene.bodies(id, message.seq)).toEqual([{ kind: 'content', content, revision: 1 }, body]);
    expect(scene.domain.bus.entries(`group:${scene.group.groupId}`).at(-1)).toEqual({
      ...receipt,
      target: { kind: 'group', groupId: scene.group.groupId },
      senderId: member.id,
      senderName: member.name,
      clientMessageId,
      body,
    });
  });

  test('follows the one before, whose content is gone', async () => {
    expect(await scene.edit('member', message, 'second')).toBe(message.seq + 1);
    expect(await scene.edit('member', message, 'third', { expectedRevision: 1 })).toBe(message.seq + 2);
    expect(await scene.bodies(id, message.seq)).toEqual([
      { kind: 'content', content: { text: 'third' }, revision: 2 },
      { kind: 'edit', targetSeq: message.seq, content: null, revision: 1 },
      { kind: 'edit', targetSeq: message.seq, content: { text: 'third' }, revision: 2 },
    ]);
  });

  test('of a revision that is not the present one is a conflict, which names it', async () => {
    await scene.edit('member', message, 'second');
    for (const expectedRevision of [0, 2]) {
      expect(await scene.edit('member', message, 'third', { expectedRevision })).toBe('REVISION_CONFLICT');
    }
    const edit = { clientMessageId: randomUUID(), message, content: { text: 'third' }, expectedRevision: 0 };
    const refused = await editMessage(scene.parts, scene.people.member, edit).catch((error: unknown) => error);
    expect((refused as DomainError).metadata).toEqual({ revision: '1' });
  });

  test('of many at once is one', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((n) => scene.edit('member', message, `edit ${n}`)));
    expect(answers.toSorted()).toEqual([message.seq + 1, ...Array<string>(3).fill('REVISION_CONFLICT')]);
  });

  test.each<[Person, string]>([
    ['owner', 'ROLE_INSUFFICIENT'],
    ['another', 'ROLE_INSUFFICIENT'],
    ['stranger', 'MESSAGE_NOT_FOUND'],
  ])('by the %s is refused', async (person, reason) => {
    expect(await scene.edit(person, message, 'mine')).toBe(reason);
    expect(await scene.bodies(id, message.seq)).toHaveLength(1);
  });

  test('is for those who may write: not for who has left, nor for who is blocked', async () => {
    const theirs = await scene.say('leaver');
    await scene.leave();
    expect(await scene.edit('leaver', theirs, 'late')).toBe('NOT_A_MEMBER');
    const direct = await scene.sayDirectly('owner');
    await scene.block();
    expect(await scene.edit('owner', direct, 'late')).toBe('RECIPIENT_UNAVAILABLE');
  });

  test('has its time', async () => {
    scene.domain.clock.advance(29_999);
    expect(await scene.edit('member', message, 'second')).toEqual(expect.any(Number));
    scene.domain.clock.advance(1);
    expect(await scene.edit('member', message, 'third', { expectedRevision: 1 })).toBe('TOO_LATE');
  });

  test('is of messages that stand', async () => {
    await scene.recall('member', message);
    for (const seq of [message.seq, message.seq + 1, message.seq + 2, 1, 0]) {
      expect(await scene.edit('member', { conversationId: id, seq }, 'again')).toBe('MESSAGE_NOT_FOUND');
    }
    expect(await scene.edit('member', { conversationId: 2 ** 40, seq: 1 }, 'again')).toBe('MESSAGE_NOT_FOUND');
  });

  test.each([
    ['no content', { content: undefined }, 'INVALID_FIELD'],
    ['an empty content', { content: { text: '' } }, 'INVALID_FIELD'],
    ['an id that is none', { clientMessageId: 'x' }, 'INVALID_FIELD'],
    ['a negative revision', { expectedRevision: -1 }, 'INVALID_FIELD'],
    ['an attachment that it doesn’t have', { content: { text: '', attachmentIds: [1] } }, 'ATTACHMENT_NOT_FOUND'],
  ])('with %s is refused', async (_what, request, reason) => {
    expect(await scene.edit('member', message, 'second', request)).toBe(reason);
  });

  test('answers what is before the message only', async () => {
    const replyTo = (replyToSeq: number) => ({ content: { text: 'reply', replyToSeq } });
    await scene.say('owner', 'later');
    for (const seq of [message.seq, message.seq + 1]) {
      expect(await scene.edit('member', message, '', replyTo(seq))).toBe('INVALID_FIELD');
    }
    expect(await scene.edit('member', message, '', replyTo(message.seq - 1))).toEqual(expect.any(Number));
  });

  test('and then a recall: what it said is gone too', async () => {
    await scene.edit('member', message, 'second');
    await scene.recall('member', message);
    expect(await scene.bodies(id, message.seq)).toEqual([
      { kind: 'recalled', recallSeq: message.seq + 2 },
      { kind: 'edit', targetSeq: message.seq, content: null, revision: 1 },
      { kind: 'recall', targetSeq: message.seq },
    ]);
  });
});

describe('a repeated edit', () => {
  const clientMessageId = '01890A5D-AC96-774B-BCCE-B302099A8057';
  let seq: number;

  const again = (text: string, of = message) => scene.edit('member', of, text, { clientMessageId });

  beforeEach(async () => {
    expect(await again('second')).toBe((seq = message.seq + 1));
  });

  test('has the first receipt, however the message was changed since', async () => {
    expect(await again('second')).toBe(seq);
    await scene.edit('member', message, 'third', { expectedRevision: 1 });
    expect(await again('second')).toBe(seq);
    await scene.recall('member', message);
    expect(await again('second')).toBe(seq);
    expect(JSON.stringify(await scene.bodies(id))).not.toContain('second');
  });

  test('has it also when the author may not write any more', async () => {
    await scene.world.leave(scene.group, scene.people.member);
    expect(await again('second')).toBe(seq);
  });

  test('with another content or of another message is a reuse of its id', async () => {
    expect(await again('another')).toBe('CLIENT_MESSAGE_ID_REUSED');
    expect(await again('second', await scene.say('member'))).toBe('CLIENT_MESSAGE_ID_REUSED');
  });

  test('tells nothing of what its author may not see', async () => {
    const elsewhere = { conversationId: (await scene.world.direct()).id, seq: 1 };
    expect(await again('second', elsewhere)).toBe('MESSAGE_NOT_FOUND');
    expect(await again('second', { conversationId: 2 ** 40, seq: 1 })).toBe('MESSAGE_NOT_FOUND');
  });

  test('shares its ids with sends', async () => {
    const { member } = scene.people;
    const target = { kind: 'group', groupId: scene.group.groupId } as const;
    const outcome = await scene.domain.sendOne(member, target, 'second', clientMessageId);
    expect(outcome).toMatchObject({ ok: false, error: { reason: 'CLIENT_MESSAGE_ID_REUSED' } });
    const sent = await scene.domain.sendOne(member, target, 'sent', randomUUID());
    expect(await scene.edit('member', message, 'sent', { clientMessageId: sent.clientMessageId })).toBe(
      'CLIENT_MESSAGE_ID_REUSED',
    );
  });

  test('after a commit whose answer was lost is the same edit', async () => {
    scene.parts = { ...scene.parts, store: forgetfulStore(store) };
    const edit = await scene.edit('member', message, 'third', { expectedRevision: 1 });
    expect(edit).toBe(seq + 1);
    expect((await scene.lastEntry(id)).seq).toBe(seq + 1);
  });

  test('whose first one is stored meanwhile, elsewhere, is found in the next try', async () => {
    let hidden = true;
    const late = withTransactions(store, (run) =>
      run((tx) =>
        withLog(tx, {
          findRepeats: (keys) => {
            if (!hidden) return tx.log.findRepeats(keys);
            hidden = false;
            return Promise.resolve([]);
          },
        }),
      ),
    );
    scene.parts = { ...scene.parts, store: late };
    const other = await scene.say('member', 'other');
    expect(await again('second', other)).toBe('CLIENT_MESSAGE_ID_REUSED');
    expect(hidden).toBe(false);
  });
});
