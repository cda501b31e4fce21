import { status } from '@grpc/grpc-js';

import { ChatPeer, type Login } from '../../cluster/chat-peer.ts';
import type { Cluster } from '../../cluster/cluster.ts';

const CHAT = '/parley.v1.ChatService/Chat';

/** Opens streams through nginx, one after the other, and ends each; gives where each was tried, from nginx's log. */
export async function openStreams({ address, front }: Cluster, { token }: Login, count: number): Promise<string[]> {
  // The streams of others end too: these are told apart by how they end.
  const isOurs = ({ call, grpc_status }: { call: string; grpc_status: string }) => call === CHAT && grpc_status === '0';
  const before = (await front.accessLog.calls()).filter(isOurs).length;
  for (let opened = 0; opened < count; opened += 1) {
    const peer: ChatPeer = new ChatPeer(address, token, ({ $case }) => {
      if ($case === 'caughtUp') peer.end();
    });
    const { code, details } = await peer.ended;
    if (code !== status.OK) throw new Error(`a new stream ended with ${code} ${details}`);
  }
  const calls = await front.accessLog.logged(isOurs, before + count);
  return calls.slice(before).map(({ upstream }) => upstream);
}
