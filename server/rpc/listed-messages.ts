import type { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { History } from '../messages/history.ts';
import type { Entry } from '../store/seam/entry.ts';
import type { ReactionCount } from '../store/seam/log.ts';
import { toMessage } from './wire-entries.ts';

/** Entries as a list gives them to a user: messages with how many users react to them. One query more at most. */
export async function toListedMessages(
  history: History,
  userId: number,
  entries: readonly Entry[],
): Promise<Message[]> {
  const reactions = await history.reactionsTo(userId, entries);
  const byMessage = Map.groupBy(reactions, ({ conversationId, targetSeq }) => `${conversationId}:${targetSeq}`);
  return entries.map((entry) => ({
    ...toMessage(entry),
    reactions: byMessage.get(`${entry.conversationId}:${entry.seq}`)?.map(toReactionCount) ?? [],
  }));
}

function toReactionCount({ emoji, count, mine }: ReactionCount): Message['reactions'][number] {
  return { emoji, count, mine };
}
