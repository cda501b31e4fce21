import { expect, test } from '@jest/globals';

import { startServer } from '../cluster/start-server.ts';
import { freePort } from '../setup/free-port.ts';
import { textMessage, toUser } from './protocol/frames.ts';
import { Stage } from './protocol/stage.ts';

const DRAIN_WAIT_MS = 1_000;

test('the admin listener counts what happens, and is not ready any more while the server drains', async () => {
  const admin = `http://127.0.0.1:${await freePort()}`;
  const environment = { PARLEY_ADMIN_LISTEN: new URL(admin).host, PARLEY_DRAIN_WAIT_MS: String(DRAIN_WAIT_MS) };
  const server = await startServer({ engine: 'sqlite', environment });
  const stage = new Stage(server);
  const statusOf = async (path: string) => (await fetch(admin + path)).status;

  const [ann, bob] = await stage.users('ann', 'bob');
  const [annChat, bobChat] = [await ann.connect(), await bob.connect()];
  await annChat.say(toUser(bob.id), 'one');
  await ann.post(textMessage(toUser(bob.id), 'two'));
  await bobChat.entries(2);
  await annChat.entries(1);
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toContain('\nparley_streams 2\n');
  expect(metrics).toContain('\nparley_bus_up 1\n');
  expect(metrics).toContain('\nparley_messages_sent_total 2\n');
  expect(metrics).toContain('\nparley_messages_delivered_total 3\n');
  expect(metrics).toContain('\nparley_reconcile_gaps_total{kind="entry"} 0\n');
  expect(await statusOf('/readyz')).toBe(200);

  await stage.clear();
  const stopped = server.stop();
  expect(await statusOf('/readyz')).toBe(503);
  expect(await statusOf('/healthz')).toBe(200);
  await stopped;
  await expect(statusOf('/healthz')).rejects.toThrow();
  stage.caller[Symbol.dispose]();
});
