import { expect, test } from '@jest/globals';

import { silentEvents } from '../../test/domain/domain.ts';
import { until } from '../../test/domain/until.ts';
import type { UserRecord } from '../store/seam/records.ts';
import { AccountNews } from './account-news.ts';

const called = (name: string): UserRecord => ({ id: 1, name, createdAt: 0, deleted: false });

/** Answers its look-ups when and how the test says. */
class SlowAccounts {
  readonly lookUps: { readonly id: number; answer(user: UserRecord | undefined): void; fail(): void }[] = [];

  byId(id: number): Promise<UserRecord | undefined> {
    return new Promise((resolve, reject) => {
      this.lookUps.push({ id, answer: resolve, fail: () => reject(new Error('down')) });
    });
  }
}

function start() {
  const accounts = new SlowAccounts();
  const names: string[] = [];
  const streams = { nameUser: ({ name }: UserRecord) => void names.push(name) };
  return { accounts, names, news: new AccountNews({ accounts, streams, events: silentEvents }) };
}

test('what is looked up last is told last, whatever changes meanwhile', async () => {
  const { accounts, names, news } = start();
  news.changed(1);
  news.changed(1);
  news.changed(1);
  expect(accounts.lookUps).toHaveLength(1);
  accounts.lookUps[0]!.answer(called('old'));
  await until(() => accounts.lookUps.length === 2);
  accounts.lookUps[1]!.answer(called('new'));
  await until(() => names.length === 2);
  expect(names).toEqual(['old', 'new']);
});

test('a look-up that fails, or finds nobody, loses no other', async () => {
  const { accounts, names, news } = start();
  for (const id of [1, 2, 3]) news.changed(id);
  accounts.lookUps[0]!.fail();
  await until(() => accounts.lookUps.length === 2);
  accounts.lookUps[1]!.answer(undefined);
  await until(() => accounts.lookUps.length === 3);
  accounts.lookUps[2]!.answer(called('cyd'));
  await until(() => names.length === 1);
  expect(names).toEqual(['cyd']);
  news.changed(4);
  expect(accounts.lookUps.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});
