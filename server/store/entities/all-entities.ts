import { AllGroup } from './all-group.ts';
import { Attachment } from './attachment.ts';
import { Conversation } from './conversation.ts';
import { Deployment } from './deployment.ts';
import { Friend } from './friend.ts';
import { GroupUser } from './group-user.ts';
import { JoinRequest } from './join-request.ts';
import { Message } from './message.ts';
import { MessageGram } from './message-gram.ts';
import { OfflineMessage } from './offline-message.ts';
import { Reaction } from './reaction.ts';
import { SearchProgress } from './search-progress.ts';
import { Session } from './session.ts';
import { User } from './user.ts';

/** Every table, in an order that satisfies the foreign keys. */
export const allEntities = [
  User,
  Session,
  Friend,
  Conversation,
  AllGroup,
  GroupUser,
  JoinRequest,
  OfflineMessage,
  Message,
  Reaction,
  Attachment,
  MessageGram,
  SearchProgress,
  Deployment,
] as const;
