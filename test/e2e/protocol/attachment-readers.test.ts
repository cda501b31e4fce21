import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import type { Group } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { useFiles } from './file-stage.ts';
import { toGroup } from './frames.ts';
import { CallFailed } from './rich-status.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const BYTES = Buffer.from('who may read this?');

describe.each(ENGINES)('a file in a group, on %s', (engine) => {
  const stage = useStage(engine);
  const files = useFiles(stage);
  let owner: RawUser;
  let group: Group;

  beforeEach(async () => {
    owner = await stage().user('owner');
    group = await owner.createGroup('tea');
  });

  /** Who of them gets the file; the others must all hear the same. */
  async function readers(attachmentId: bigint, users: Readonly<Record<string, RawUser>>): Promise<string[]> {
    const allowed: string[] = [];
    for (const [name, user] of Object.entries(users)) {
      try {
        expect(await files.fetch(user, attachmentId)).toEqual(BYTES);
        allowed.push(name);
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error;
        expect(error).toMatchObject({
          ...{ code: status.NOT_FOUND, reason: 'ATTACHMENT_NOT_FOUND', message: expect.stringContaining('no such') },
        });
      }
    }
    return allowed;
  }

  test('is for those who may read its message', async () => {
    const [member, former, before, late, stranger] = await stage().users(
      ...(['member', 'former', 'before', 'late', 'stranger'] as const),
    );
    const users = { owner, member, former, before, late, stranger };
    for (const user of [member, former, before]) await user.join(group);
    await before.leave(group);
    const file = await files.upload(owner, toGroup(group.id), BYTES);
    expect(await readers(file.id, users)).toEqual(['owner']);
    await files.send(owner, toGroup(group.id), [file]);
    await former.leave(group);
    await late.join(group);
    expect(await readers(file.id, users)).toEqual(['owner', 'member', 'former']);

    await owner.call(GroupServiceService.updateGroup, {
      group: { ...group, historyVisible: true },
      updateMask: ['history_visible'],
    });
    expect(await readers(file.id, users)).toEqual(['owner', 'member', 'former', 'late']);
    await late.leave(group);
    expect(await readers(file.id, users)).toEqual(['owner', 'member', 'former']);
  });

  test('that was not sent yet can not be sent once its uploader has left, and stays theirs', async () => {
    const ann = await stage().user('ann');
    await ann.join(group);
    const file = await files.upload(ann, toGroup(group.id), BYTES);
    await ann.leave(group);
    await expect(files.send(ann, toGroup(group.id), [file])).rejects.toMatchObject({ reason: 'NOT_A_MEMBER' });
    expect(await readers(file.id, { ann, owner })).toEqual(['ann']);
  });
});
