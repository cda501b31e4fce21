import type { ChatResponse } from '../../proto/gen/parley/v1/chat_service.pb.ts';
import { ChatPeer } from '../cluster/chat-peer.ts';

/** What one login gave. */
export interface ReadBacklog {
  readonly messages: number;
  readonly conversations: number;
  /** What came out of order, twice or with a gap; the first few. */
  readonly complaints: readonly string[];
  /** From opening the stream to caught_up. */
  readonly tookMs: number;
}

const COMPLAINTS_KEPT = 5;

/**
 * Logs in, reads all that waits, and tells what came. Each conversation must begin with seq 1 and go on without a gap.
 *
 * @param acknowledge whether to acknowledge what came, as a client would; otherwise it comes again at the next login
 */
export async function readBacklog(address: string, token: string, acknowledge: boolean): Promise<ReadBacklog> {
  const startedAt = performance.now();
  const positions = new Map<bigint, bigint>();
  const complaints: string[] = [];
  let messages = 0;
  const caughtUp = Promise.withResolvers<number>();
  const take = (frame: NonNullable<ChatResponse['frame']>): void => {
    if (frame.$case === 'caughtUp') caughtUp.resolve(performance.now() - startedAt);
    if (frame.$case === 'skip' || frame.$case === 'reset') complaints.push(frame.$case);
    if (frame.$case !== 'deliver') return;
    const acks = new Map<bigint, bigint>();
    for (const { conversationId, seq } of frame.value.messages) {
      const due = (positions.get(conversationId) ?? 0n) + 1n;
      if (seq !== due) complaints.push(`conversation ${conversationId}: ${seq} came where ${due} was due`);
      positions.set(conversationId, seq);
      acks.set(conversationId, seq);
      messages += 1;
    }
    if (!acknowledge) return;
    const acked = [...acks].map(([conversationId, seq]) => ({ conversationId, seq }));
    peer.send({ $case: 'ack', value: { positions: acked } });
  };
  const peer = new ChatPeer(address, token, take);
  const over = peer.ended.then(({ code, details }) => {
    throw new Error(`the stream ended with ${code} ${details}`);
  });
  const tookMs = await Promise.race([caughtUp.promise, over]);
  over.catch(() => undefined);
  peer.end();
  await peer.ended;
  return { messages, conversations: positions.size, complaints: complaints.slice(0, COMPLAINTS_KEPT), tookMs };
}

/** In a process of its own, so that its work delays nobody whose latency is measured. */
if (process.send !== undefined) {
  const [address = '', token = '', acknowledge] = process.argv.slice(2);
  process.send(await readBacklog(address, token, acknowledge === 'acknowledge'));
  process.disconnect();
}
