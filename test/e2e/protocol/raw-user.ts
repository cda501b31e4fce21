import { type ChannelCredentials, Client, credentials } from '@grpc/grpc-js';

import type { OutgoingMessage, Position, SendReceipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import { AuthServiceService } from '../../../proto/gen/parley/v1/auth_service.pb.ts';
import { ChatServiceService } from '../../../proto/gen/parley/v1/chat_service.pb.ts';
import type { Conversation } from '../../../proto/gen/parley/v1/conversation.pb.ts';
import { type Group, JoinPolicy } from '../../../proto/gen/parley/v1/group.pb.ts';
import { GroupServiceService } from '../../../proto/gen/parley/v1/group_service.pb.ts';
import { HistoryServiceService } from '../../../proto/gen/parley/v1/history_service.pb.ts';
import type { Message } from '../../../proto/gen/parley/v1/message.pb.ts';
import { hello, HELLO_DONE, helloCursors, type ResponseFrame } from './frames.ts';
import { bearer, type RawChat } from './raw-chat.ts';
import { CallFailed, readTrailers } from './rich-status.ts';

export const PASSWORD = 'correct horse battery';

const DEADLINE_MS = 8_000;

/** A unary rpc, as the generated code defines it. */
export interface Rpc<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** Unary calls to one server. Disposing it closes the connection. */
export class RawCaller implements Disposable {
  readonly #client: Client;

  constructor(address: string, channel: ChannelCredentials = credentials.createInsecure()) {
    this.#client = new Client(address, channel, { 'grpc.use_local_subchannel_pool': 1 });
  }

  /** @throws CallFailed */
  call<Request, Response>(rpc: Rpc<Request, Response>, request: Request, token?: string): Promise<Response> {
    const { path, requestSerialize, responseDeserialize } = rpc;
    const options = { deadline: Date.now() + DEADLINE_MS };
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        bearer(token),
        options,
        (error, response) => {
          if (error === null) resolve(response!);
          else reject(new CallFailed(readTrailers(error)));
        },
      );
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Where a device that keeps its cursors was. */
export interface Kept {
  readonly logEpoch: string;
  readonly positions: readonly Position[];
}

export interface UserParts {
  readonly caller: RawCaller;
  readonly open: (token: string) => RawChat;
}

/** A device of a user: a session with streams and unary calls of its own. */
export class RawUser {
  readonly id: bigint;
  readonly name: string;
  readonly token: string;
  readonly #parts: UserParts;

  constructor(account: { id: bigint; name: string }, token: string, parts: UserParts) {
    this.id = account.id;
    this.name = account.name;
    this.token = token;
    this.#parts = parts;
  }

  /** The same user with a session of its own. */
  async logIn(deviceName = ''): Promise<RawUser> {
    const request = { user: { $case: 'userId', value: this.id }, password: PASSWORD, deviceName } as const;
    const { token } = await this.#parts.caller.call(AuthServiceService.login, request);
    return new RawUser(this, token, this.#parts);
  }

  /** A stream that has said nothing yet. */
  open(): RawChat {
    return this.#parts.open(this.token);
  }

  /** A stream that is caught up from the server's cursors; what waited is passed over. */
  async connect(): Promise<RawChat> {
    const { chat } = await this.resume();
    return chat;
  }

  /** A stream that is caught up, and what came from the welcome to the end of what waited. */
  async resume(kept?: Kept): Promise<{ chat: RawChat; logEpoch: string; waited: ResponseFrame[] }> {
    const chat = this.open();
    if (kept === undefined) chat.send(hello());
    else {
      chat.send(hello({ hasCursors: true, logEpoch: kept.logEpoch }), helloCursors(...kept.positions), HELLO_DONE);
    }
    const { logEpoch } = await chat.next('welcome');
    const waited = await chat.until('caughtUp');
    return { chat, logEpoch, waited: waited.slice(0, -1) };
  }

  /** @throws CallFailed */
  call<Request, Response>(rpc: Rpc<Request, Response>, request: Request): Promise<Response> {
    return this.#parts.caller.call(rpc, request, this.token);
  }

  /** Sends by the unary rpc. @throws CallFailed */
  async post(message: OutgoingMessage): Promise<SendReceipt> {
    return (await this.call(ChatServiceService.sendMessage, { message })).receipt!;
  }

  async createGroup(name: string, joinPolicy = JoinPolicy.JOIN_POLICY_OPEN): Promise<Group> {
    const request = { name, description: '', joinPolicy, memberLimit: 0, historyVisible: false, requestId: '' };
    return (await this.call(GroupServiceService.createGroup, request)).group!;
  }

  async join({ id }: Group): Promise<void> {
    await this.call(GroupServiceService.joinGroup, { groupId: id });
  }

  async leave({ id }: Group): Promise<void> {
    await this.call(GroupServiceService.leaveGroup, { groupId: id });
  }

  async invite({ id }: Group, user: RawUser): Promise<void> {
    await this.call(GroupServiceService.inviteMember, { groupId: id, userId: user.id });
  }

  async conversations(): Promise<Conversation[]> {
    const request = { pageSize: 0, pageToken: '' };
    return (await this.call(HistoryServiceService.listConversations, request)).conversations;
  }

  /** The entries of a conversation that the user may read, from the first one on. */
  async history(conversationId: bigint): Promise<Message[]> {
    const request = {
      conversation: { $case: 'conversationId', value: conversationId },
      position: { $case: 'afterSeq', value: 0n },
      pageSize: 200,
      pageToken: '',
    } as const;
    return (await this.call(HistoryServiceService.listMessages, request)).messages;
  }
}
