import { GroupRole } from '../../proto/gen/parley/v1/group.pb.ts';
import { MembershipChangeKind, type Message } from '../../proto/gen/parley/v1/message.pb.ts';
import type { Person } from './names.ts';

export type Role = 'member' | 'admin' | 'owner';
export type MembershipKind = 'joined' | 'invited' | 'left' | 'removed' | 'role_changed';

/** What an entry of a log is, as somebody sees it. */
export type SeenBody =
  | { readonly kind: 'content'; readonly text: string; readonly revision: number }
  | { readonly kind: 'recalled'; readonly recallSeq: number }
  | { readonly kind: 'membership'; readonly change: MembershipKind; readonly whom: Person; readonly role: Role | null }
  | { readonly kind: 'history'; readonly visible: boolean }
  | { readonly kind: 'ended' }
  | { readonly kind: 'recall'; readonly targetSeq: number }
  | { readonly kind: 'edit'; readonly targetSeq: number; readonly revision: number; readonly text: string | null }
  | { readonly kind: 'reaction'; readonly targetSeq: number; readonly emoji: string; readonly removed: boolean };

/** An entry of a log, as somebody sees it. */
export interface Seen {
  readonly seq: number;
  readonly ordinal: number;
  readonly by: Person;
  /** The client_message_id; empty where no client sent it. */
  readonly id: string;
  readonly body: SeenBody;
}

const KINDS: Readonly<Partial<Record<MembershipChangeKind, MembershipKind>>> = {
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_JOINED]: 'joined',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_INVITED]: 'invited',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_LEFT]: 'left',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_REMOVED]: 'removed',
  [MembershipChangeKind.MEMBERSHIP_CHANGE_KIND_ROLE_CHANGED]: 'role_changed',
};

const ROLES: Readonly<Partial<Record<GroupRole, Role>>> = {
  [GroupRole.GROUP_ROLE_MEMBER]: 'member',
  [GroupRole.GROUP_ROLE_ADMIN]: 'admin',
  [GroupRole.GROUP_ROLE_OWNER]: 'owner',
};

/** How many people react to a message with one emoji. */
export interface ReactionSeen {
  readonly emoji: string;
  readonly count: number;
  readonly mine: boolean;
}

/** An entry as ListMessages gives it. */
export interface Listed extends Seen {
  readonly reactions: readonly ReactionSeen[];
}

export function listedOf(message: Message, nameOf: (userId: bigint) => Person): Listed {
  return { ...seenOf(message, nameOf), reactions: message.reactions };
}

/** An entry from the wire. `nameOf`: who has this user id. */
export function seenOf(message: Message, nameOf: (userId: bigint) => Person): Seen {
  return {
    seq: Number(message.seq),
    ordinal: Number(message.ordinal),
    by: nameOf(message.senderId),
    id: message.clientMessageId,
    body: bodyOf(message, nameOf),
  };
}

function bodyOf({ body, revision }: Message, nameOf: (userId: bigint) => Person): SeenBody {
  switch (body?.$case) {
    case 'content':
      return { kind: 'content', text: body.value.text, revision };
    case 'recalled':
      return { kind: 'recalled', recallSeq: Number(body.value.recallSeq) };
    case 'membershipChange': {
      const change = KINDS[body.value.kind];
      if (change === undefined) throw new Error(`an unknown change of membership: ${body.value.kind}`);
      return { kind: 'membership', change, whom: nameOf(body.value.userId), role: ROLES[body.value.role] ?? null };
    }
    case 'groupChange':
      if (body.value.deleted) return { kind: 'ended' };
      if (body.value.historyVisible === undefined) throw new Error('a change of the group that nobody made');
      return { kind: 'history', visible: body.value.historyVisible };
    case 'recall':
      return { kind: 'recall', targetSeq: Number(body.value.targetSeq) };
    case 'edit': {
      const { targetSeq, content } = body.value;
      return {
        kind: 'edit',
        targetSeq: Number(targetSeq),
        revision: body.value.revision,
        text: content?.text ?? null,
      };
    }
    case 'reaction': {
      const { targetSeq, emoji, removed } = body.value;
      return { kind: 'reaction', targetSeq: Number(targetSeq), emoji, removed };
    }
    case undefined:
      throw new Error('an entry without a body');
  }
}
