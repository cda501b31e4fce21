import { beforeEach, describe, expect, test } from '@jest/globals';

import { until } from '../../test/domain/until.ts';
import { RegistryUnavailable } from '../cluster/registry.ts';
import type { Standing } from '../cluster/roster.ts';
import { RosterWriter } from './roster-writer.ts';

const ONLINE: Standing = { is: 'online', told: null };

describe('the roster is told of the users here', () => {
  let standings: Map<number, Standing>;
  let writes: { readonly ids: number[]; readonly end: (error?: Error) => void }[];
  let written: Map<number, Standing | null>;
  let writer: RosterWriter;

  beforeEach(() => {
    standings = new Map();
    writes = [];
    written = new Map();
    const write = async (batch: ReadonlyMap<number, Standing | null>) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      writes.push({ ids: [...batch.keys()], end: (error) => (error === undefined ? resolve() : reject(error)) });
      await promise;
      for (const [userId, standing] of batch) written.set(userId, standing);
    };
    writer = new RosterWriter({ write }, (userId) => standings.get(userId) ?? null);
  });

  const ids = () => writes.map((write) => write.ids);

  test('of the first one at once, of those that come meanwhile together, as they are by then', async () => {
    standings.set(1, ONLINE).set(2, ONLINE);
    writer.note([1]);
    writer.note([2]);
    writer.note([3, 1]);
    expect(ids()).toEqual([[1]]);
    standings.delete(2);
    writes[0]!.end();
    await until(() => writes.length === 2);
    expect(ids()[1]).toEqual([2, 3, 1]);
    writes[1]!.end();
    await writer.flush();
    expect(written).toEqual(
      new Map([
        [1, ONLINE],
        [2, null],
        [3, null],
      ]),
    );
    expect(writes).toHaveLength(2);
  });

  test('flushing waits for all that was noted before, and for nothing else', async () => {
    await writer.flush();
    writer.note([1]);
    writer.note([2]);
    let flushed = false;
    const flushing = writer.flush().then(() => (flushed = true));
    writes[0]!.end();
    await until(() => writes.length === 2);
    expect(flushed).toBe(false);
    writer.note([3]);
    writes[1]!.end();
    await flushing;
    expect(ids()).toEqual([[1], [2], [3]]);
    writes[2]!.end();
  });

  test('what could not be written stays noted, and who must know is told', async () => {
    writer.note([1]);
    writes[0]!.end(new RegistryUnavailable('away'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(writes).toHaveLength(1);
    const flushing = writer.flush();
    await until(() => writes.length === 2);
    writes[1]!.end(new RegistryUnavailable('away'));
    await expect(flushing).rejects.toThrow(RegistryUnavailable);
    writer.note([]);
    expect(ids()).toEqual([[1], [1], [1]]);
    writes[2]!.end();
    await writer.flush();
    expect(written.has(1)).toBe(true);
  });
});
