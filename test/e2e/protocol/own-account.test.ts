import { status } from '@grpc/grpc-js';
import { beforeEach, describe, expect, test } from '@jest/globals';

import { Account, AccountSettings } from '../../../proto/gen/parley/v1/account.pb.ts';
import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import { ENGINES } from '../../cluster/start-server.ts';
import { textMessage, toGroup, toUser } from './frames.ts';
import { PASSWORD, type RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const NOT_FOUND = { code: status.NOT_FOUND, reason: 'USER_NOT_FOUND' };

describe.each(ENGINES)('one’s own account, on %s', (engine) => {
  const stage = useStage(engine);
  let ann: RawUser;
  let bob: RawUser;
  let newName: string;
  beforeEach(async () => {
    [ann, bob] = await stage().users('ann', 'bob');
    newName = `Queen.${ann.name}`;
  });

  const update = (paths: string[], fields: { name?: string; presenceHidden?: boolean }, user = ann) =>
    user.call(AuthServiceService.updateAccount, {
      account: fields.name === undefined ? undefined : Account.fromPartial({ name: fields.name }),
      settings: fields.presenceHidden === undefined ? undefined : AccountSettings.fromPartial(fields),
      updateMask: paths,
    });
  const byName = (user: RawUser, name: string) =>
    user.call(AuthServiceService.getAccount, { user: { $case: 'name', value: name } });
  const byId = (user: RawUser, id: bigint) =>
    user.call(AuthServiceService.getAccount, { user: { $case: 'userId', value: id } });

  test('shows its settings to its user, however they ask, and to nobody else', async () => {
    const own = await ann.call(AuthServiceService.getAccount, { user: undefined });
    expect(own.settings).toEqual({ presenceHidden: false });
    expect(await byId(ann, ann.id)).toEqual(own);
    expect(await byName(ann, ann.name.toUpperCase())).toEqual(own);
    expect((await byId(bob, ann.id)).account).toEqual(own.account);
    expect((await byId(bob, ann.id)).settings).toBeUndefined();
  });

  test('keeps whether presence is hidden, and changes only what the mask names', async () => {
    const updated = await update(['presence_hidden'], { name: newName, presenceHidden: true });
    expect(updated).toMatchObject({ account: { name: ann.name }, settings: { presenceHidden: true } });
    const renamed = await update(['name'], { name: newName, presenceHidden: false });
    expect(renamed).toMatchObject({ account: { name: newName }, settings: { presenceHidden: true } });
    expect(await ann.call(AuthServiceService.getAccount, { user: undefined })).toEqual(renamed);
    // Named and left out is the default.
    expect(await update(['presence_hidden'], {})).toMatchObject({ settings: { presenceHidden: false } });
  });

  test('is found by its new name, and the old one is free', async () => {
    await update(['name'], { name: newName });
    await expect(byName(bob, ann.name)).rejects.toMatchObject(NOT_FOUND);
    expect((await byName(bob, newName.toLowerCase())).account).toMatchObject({ id: ann.id, name: newName });
    const { account } = await stage().caller.call(AuthServiceService.register, { name: ann.name, password: PASSWORD });
    expect(account!.id).not.toBe(ann.id);
    const login = { user: { $case: 'name', value: newName }, password: PASSWORD, deviceName: '' } as const;
    expect((await stage().caller.call(AuthServiceService.login, login)).account).toMatchObject({ id: ann.id });
  });

  test('can take another case of its name, and not a name that is another’s', async () => {
    const upper = ann.name.toUpperCase();
    expect((await update(['name'], { name: upper })).account).toMatchObject({ name: upper });
    await expect(update(['name'], { name: bob.name.toUpperCase() })).rejects.toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'NAME_TAKEN',
    });
    expect((await byId(ann, ann.id)).account).toMatchObject({ name: upper });
  });

  test('one of two who want a name gets it', async () => {
    const results = await Promise.allSettled([ann, bob].map((user) => update(['name'], { name: newName }, user)));
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  test.each([undefined, '', 'ab', 'two words', 'x'.repeat(33)])('can not be called %j', async (name) => {
    await expect(update(['name'], name === undefined ? {} : { name })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: ['account.name'],
    });
  });

  test.each([[[]], [['password']], [['name', 'id']], [['account.name']]])('a mask of %j is refused', async (paths) => {
    await expect(update(paths, { name: newName, presenceHidden: true })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      reason: 'INVALID_FIELD',
      fields: ['update_mask'],
    });
    expect((await byId(ann, ann.id)).account).toMatchObject({ name: ann.name });
  });

  test('streams that are open send under the new name, and what was said before shows it', async () => {
    const group = await ann.createGroup('tea');
    await bob.join(group);
    const [annChat, phoneChat] = [await ann.connect(), await (await ann.logIn('phone')).connect()];
    const bobChat = await bob.connect();
    await annChat.say(toUser(bob.id), 'as ann');
    expect((await bobChat.entries(1))[0]).toMatchObject({ senderName: ann.name });

    await update(['name'], { name: newName });
    // The hint reaches a stream a moment after the answer.
    let senderName = '';
    while (senderName !== newName) {
      await phoneChat.say(toGroup(group.id), 'still');
      senderName = (await bobChat.entries(1))[0]!.senderName;
    }
    await annChat.say(toUser(bob.id), 'as queen');
    expect((await bobChat.entries(1))[0]).toMatchObject({ senderName: newName });
    await ann.post(textMessage(toUser(bob.id), 'by a call'));
    expect((await bobChat.entries(1))[0]).toMatchObject({ senderName: newName });

    const conversation = { $case: 'target', value: toUser(ann.id) } as const;
    const request = { conversation, position: undefined, pageSize: 0, pageToken: '' };
    const { messages } = await bob.call(HistoryServiceService.listMessages, request);
    expect(messages.map((message) => message.senderName)).toEqual([newName, newName, newName]);
    expect((await bob.conversations()).map(({ title }) => title)).toContain(newName);
  });
});
