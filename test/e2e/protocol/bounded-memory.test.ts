import { Content } from '../../../proto/gen/parley/v1/message.pb.ts';

import { describe, expect, test } from '@jest/globals';

import { ENGINES } from '../../cluster/start-server.ts';
import { send, textMessage, toUser } from './frames.ts';
import { heldBytes } from './held-bytes.ts';
import type { RawChat } from './raw-chat.ts';
import type { RawUser } from './raw-user.ts';
import { useStage } from './stage.ts';

const MIB = 1_048_576;
/** Just below what one frame may hold. */
const BATCH = 60;
const CONTENT = Content.fromPartial({
  text: 'x'.repeat(8_000),
  payload: { mediaType: 'a/b', data: Buffer.alloc(8_000) },
});
const BATCH_BYTES = BATCH * 16_000;
const SENT_BYTES = 64 * MIB;
/** An outbox (1 MiB), a page of the log and a frame on both ends, and room for what else moves. */
const BOUND_BYTES = 12 * MIB;

describe.each(ENGINES)('a stream that is not read while much is sent to it, on %s', (engine) => {
  // It is to stay: what it costs is the question.
  const stage = useStage(engine, { PARLEY_SLOW_CONSUMER_MS: '600000' });

  async function write(chat: RawChat, to: RawUser, bytes: number): Promise<void> {
    for (let sent = 0; sent < bytes; sent += BATCH_BYTES) {
      chat.send(
        send(...Array.from({ length: BATCH }, () => ({ ...textMessage(toUser(to.id), ''), content: CONTENT }))),
      );
      await chat.results(BATCH);
    }
  }

  test('costs no more than a bound', async () => {
    const [ann, bob] = await stage().users('ann', 'bob');
    const [annChat, slow] = [await ann.connect(), await bob.connect()];
    slow.pause();
    // Fills every buffer on the way.
    await write(annChat, bob, 4 * MIB);
    const before = await heldBytes();
    await write(annChat, bob, SENT_BYTES);
    expect((await heldBytes()) - before).toBeLessThan(BOUND_BYTES);
    expect(slow.waiting).toEqual([]);
  }, 120_000);
});
