import { describe, expect, test } from '@jest/globals';

import { Draft } from './draft.ts';

/** Of a good history nothing is said, of each bad one its fault. */

describe('nothing is said of', () => {
  test('messages, edits and recalls that all see alike', () => {
    const draft = new Draft();
    const joined = draft.moves('joined');
    const stream = draft.stream(1, [joined]);
    const one = draft.said('one');
    draft.tells(stream, one);
    draft.reads('bob/1', [joined, one]);
    draft.recalls(one);
    draft.tells(stream, draft.logs.get('group')!.at(-1)!);
    draft.reads('bob/1', draft.logs.get('group')!.slice(1));
    expect(draft.violations).toEqual([]);
  });

  test('a send that overlaps with a leave, either way', () => {
    for (const isIn of [true, false]) {
      const draft = new Draft();
      draft.moves('joined');
      const leave = draft.begin('bob/1', { kind: 'leave' });
      const send = draft.begin('bob/2', { kind: 'send', place: 'group', id: 'late', text: 'late' });
      if (isIn) draft.entry('group', { kind: 'content', text: 'late', revision: 0 }, 'bob', 'late');
      draft.entry('group', { kind: 'membership', change: 'left', whom: 'bob', role: null }, 'bob');
      draft.recorder.end(send, isIn ? { seq: 3, ordinal: 1 } : { refused: 'PERMISSION_DENIED NOT_A_MEMBER' });
      draft.recorder.end(leave, 'done');
      expect(draft.violations).toEqual([]);
    }
  });

  test('a send without an answer, stored or not', () => {
    for (const stored of [true, false]) {
      const draft = new Draft();
      draft.begin('ann/1', { kind: 'send', place: 'group', id: 'one', text: 'one' });
      if (stored) draft.entry('group', { kind: 'content', text: 'one', revision: 0 }, 'ann', 'one');
      expect(draft.violations).toEqual([]);
    }
  });
});

describe('is found:', () => {
  const bad: [string, RegExp, (draft: Draft) => void][] = [
    [
      'a lost write',
      /^I1: .* is lost$/,
      (draft) => {
        draft.said('one');
        draft.logs.get('group')!.pop();
      },
    ],
    [
      'a phantom',
      /^I2: /,
      (draft) => draft.entry('group', { kind: 'content', text: 'boo', revision: 0 }, 'bob', 'boo'),
    ],
    [
      'a send that was refused, and stored',
      /^I2: /,
      (draft) => {
        const send = draft.begin('ann/1', { kind: 'send', place: 'group', id: 'one', text: 'one' });
        draft.recorder.end(send, { refused: 'PERMISSION_DENIED NOT_A_MEMBER' });
        draft.entry('group', { kind: 'content', text: 'one', revision: 0 }, 'ann', 'one');
      },
    ],
    [
      'a duplicate',
      /^I3: .* is stored 2 times/,
      (draft) => {
        draft.said('one');
        draft.entry('group', { kind: 'content', text: 'one', revision: 0 }, 'ann', 'one');
      },
    ],
    [
      'a retry with a receipt of its own',
      /^I3: .* several receipts/,
      (draft) => {
        draft.said('one');
        draft.said('two');
        const again = draft.begin('ann/1', { kind: 'send', place: 'group', id: 'one', text: 'one' });
        draft.recorder.end(again, { seq: 3, ordinal: 2 });
      },
    ],
    [
      'a retry that is refused',
      /^I3: .* is refused/,
      (draft) => {
        draft.said('one');
        const again = draft.begin('ann/1', { kind: 'send', place: 'group', id: 'one', text: 'one' });
        draft.recorder.end(again, { refused: 'ALREADY_EXISTS CLIENT_MESSAGE_ID_REUSED' });
      },
    ],
    [
      'a gap in the log',
      /^I4: the log of group/,
      (draft) => {
        draft.said('one');
        draft.said('two');
        draft.logs.get('group')!.splice(1, 1);
      },
    ],
    [
      'an inversion of what was acknowledged',
      /^I5: entry 3 of group was acknowledged before 2/,
      (draft) => {
        const first = draft.begin('ann/1', { kind: 'send', place: 'group', id: 'first', text: 'first' });
        draft.recorder.end(first, { seq: 3, ordinal: 2 });
        draft.said('second');
        draft.entry('group', { kind: 'content', text: 'first', revision: 0 }, 'ann', 'first');
      },
    ],
    [
      'an inversion of what one stream sent',
      /^I5: the sends of stream/,
      (draft) => {
        const joined = draft.moves('joined');
        const stream = draft.stream(1, [joined]);
        const sends = ['a', 'b'].map((id) =>
          draft.begin('bob/1', { kind: 'send', place: 'group', id, text: id }, stream),
        );
        draft.entry('group', { kind: 'content', text: 'b', revision: 0 }, 'bob', 'b');
        draft.entry('group', { kind: 'content', text: 'a', revision: 0 }, 'bob', 'a');
        draft.recorder.end(sends[0]!, { seq: 4, ordinal: 2 });
        draft.recorder.end(sends[1]!, { seq: 3, ordinal: 1 });
      },
    ],
    [
      'a message of somebody who was out',
      /^I6: entry 4 of group is by bob, who was out/,
      (draft) => {
        draft.moves('joined');
        draft.moves('left');
        draft.said('late', 'bob/1');
      },
    ],
    [
      'a refusal of somebody who was in',
      /^I6: bob's send was refused/,
      (draft) => {
        draft.moves('joined');
        const send = draft.begin('bob/1', { kind: 'send', place: 'group', id: 'one', text: 'one' });
        draft.recorder.end(send, { refused: 'PERMISSION_DENIED NOT_A_MEMBER' });
      },
    ],
    [
      'a message to somebody who had blocked its sender',
      /^I6: .* one had blocked the other/,
      (draft) => {
        draft.recorder.end(draft.begin('ann/1', { kind: 'block', whom: 'bob' }), 'done');
        const send = draft.begin('bob/1', { kind: 'send', place: 'ann+bob', id: 'one', text: 'one' });
        draft.entry('ann+bob', { kind: 'content', text: 'one', revision: 0 }, 'bob', 'one');
        draft.recorder.end(send, { seq: 1, ordinal: 1 });
      },
    ],
    [
      'a read outside of membership',
      /^I6: bob read group/,
      (draft) => {
        const before = draft.said('before');
        draft.reads('bob/1', [draft.logs.get('group')![0]!, before, draft.moves('joined')]);
      },
    ],
    [
      'a stream that is told what was said outside of membership',
      /^I6: told 4 /,
      (draft) => {
        const joined = draft.moves('joined');
        const left = draft.moves('left');
        draft.stream(1, [joined, left, draft.said('after')]);
      },
    ],
    [
      'a read that lacks what was acknowledged before',
      /^I1: bob read group/,
      (draft) => {
        const joined = draft.moves('joined');
        draft.said('one');
        draft.reads('bob/1', [joined]);
      },
    ],
    [
      'a read with a gap',
      /^I4: bob read group as 2, 4, without 3/,
      (draft) => {
        const joined = draft.moves('joined');
        draft.said('one');
        draft.reads('bob/1', [joined, draft.said('two')]);
      },
    ],
    [
      'a recalled body, read after the answer',
      /^I8: entry 3 of group was seen after its recall/,
      (draft) => {
        const joined = draft.moves('joined');
        const one = draft.said('one');
        draft.recalls(one);
        draft.reads('bob/1', [joined, one, draft.logs.get('group')!.at(-1)!]);
      },
    ],
    [
      'a recalled body, told by a stream that began after the answer',
      /^I8: entry 3 of group was seen after its recall/,
      (draft) => {
        const joined = draft.moves('joined');
        const one = draft.said('one');
        draft.recalls(one);
        draft.stream(1, [joined, one, draft.logs.get('group')!.at(-1)!]);
      },
    ],
    [
      'a stream with a gap',
      /^I4: told 4 after 2, without 3/,
      (draft) => {
        const joined = draft.moves('joined');
        draft.said('one');
        draft.stream(1, [joined, draft.said('two')]);
      },
    ],
    [
      'a stream in another order',
      /^I4: told 3 after 4/,
      (draft) => {
        const joined = draft.moves('joined');
        const one = draft.said('one');
        draft.stream(1, [joined, draft.said('two'), one]);
      },
    ],
    [
      'two streams that are told different entries of one place',
      /^I4: entry 3 of group was seen as another/,
      (draft) => {
        const joined = draft.moves('joined');
        const one = draft.said('one');
        const two = draft.said('two');
        draft.stream(1, [joined, one, two]);
        draft.stream(1, [joined, { ...two, seq: 3, ordinal: 1 }, { ...one, seq: 4, ordinal: 2 }], 'bob/2');
      },
    ],
    [
      'a resume that lacks its end',
      /^I7: was not told 3/,
      (draft) => {
        const joined = draft.moves('joined');
        draft.said('one');
        draft.stream(1, [joined]);
      },
    ],
    [
      'a resume that is caught up too early',
      /^I7: was not told 3/,
      (draft) => {
        const joined = draft.moves('joined');
        const one = draft.said('one');
        const stream = draft.stream(1, [joined]);
        draft.tells(stream, one);
      },
    ],
    [
      'a skip of what is to be told',
      /^I7: 3 was skipped/,
      (draft) => {
        const joined = draft.moves('joined');
        draft.said('one');
        draft.stream(1, [joined]).items.push({ place: 'group', told: { skip: [3, 3] } });
      },
    ],
    [
      'an acknowledgement that is refused',
      /^I7: a mark was refused/,
      (draft) => draft.stream(0, []).refusals.push({ refused: 'OUT_OF_RANGE ACK_BEYOND_DELIVERED' }),
    ],
  ];

  test.each(bad)('%s', (_name, complaint, write) => {
    const draft = new Draft();
    write(draft);
    expect(draft.violations).toContainEqual(expect.stringMatching(complaint));
  });
});
