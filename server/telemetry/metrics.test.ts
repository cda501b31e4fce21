import { expect, test } from '@jest/globals';

import { Events } from './events.ts';
import { createLog } from './log.ts';
import { Metrics } from './metrics.ts';

const log = createLog({ level: 'silent', format: 'json', replica: 'test' });

/** The lines of the exposition that are samples. */
async function samples(metrics: Metrics): Promise<string[]> {
  const { text } = await metrics.exposition();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('a replica that has done nothing says so', async () => {
  expect(await samples(new Metrics())).toEqual([
    'parley_streams 0',
    'parley_bus_up 1',
    'parley_bus_degraded_total 0',
    'parley_messages_sent_total 0',
    'parley_messages_delivered_total 0',
    'parley_reconcile_gaps_total{kind="entry"} 0',
    'parley_reconcile_gaps_total{kind="conversation"} 0',
  ]);
});

test('events are counted once each, however often somebody asks', async () => {
  const metrics = new Metrics();
  const events = new Events(log, metrics);
  const bus = { state: 'degraded' as const };
  const streams = { size: 3 };
  metrics.observe({ streams, bus });
  events.messageSent();
  events.messagesDelivered(4);
  events.messagesDelivered(2);
  events.busDegraded(new Error('gone'));
  events.gapsFound('entry', 5);
  events.gapsFound('conversation', 1);
  await samples(metrics);
  expect(await samples(metrics)).toEqual([
    'parley_streams 3',
    'parley_bus_up 0',
    'parley_bus_degraded_total 1',
    'parley_messages_sent_total 1',
    'parley_messages_delivered_total 6',
    'parley_reconcile_gaps_total{kind="entry"} 5',
    'parley_reconcile_gaps_total{kind="conversation"} 1',
  ]);
  expect(metrics.load()).toEqual({ streams: 3, sent: 1, delivered: 6 });
});
