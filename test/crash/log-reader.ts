import { credentials } from '@grpc/grpc-js';

import {
  HistoryServiceClient,
  type ListConversationsResponse,
  type ListMessagesResponse,
} from '../../proto/gen/parley/v1/history_service.pb.ts';
import type { Message } from '../../proto/gen/parley/v1/message.pb.ts';
import { bearer, call, type Login } from '../cluster/chat-peer.ts';

/** All entries that a user may read, by conversation, from the history service. */
export async function readLogs(address: string, { token }: Login): Promise<Map<bigint, Message[]>> {
  const history = new HistoryServiceClient(address, credentials.createInsecure());
  const metadata = bearer(token);
  try {
    const { conversations } = await call<ListConversationsResponse>((done) =>
      history.listConversations({ pageSize: 200, pageToken: '' }, metadata, done),
    );
    const logs = new Map<bigint, Message[]>();
    for (const { id } of conversations) {
      const entries: Message[] = [];
      for (let pageToken = ''; ;) {
        const page = await call<ListMessagesResponse>((done) =>
          history.listMessages(
            {
              conversation: { $case: 'conversationId', value: id },
              position: { $case: 'afterSeq', value: 0n },
              pageSize: 200,
              pageToken,
            },
            metadata,
            done,
          ),
        );
        entries.push(...page.messages);
        pageToken = page.nextPageToken;
        if (pageToken === '') break;
      }
      logs.set(id, entries);
    }
    return logs;
  } finally {
    history.close();
  }
}
