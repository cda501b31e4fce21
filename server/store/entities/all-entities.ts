import { AllGroup } from './all-group.ts';
import { Conversation } from './conversation.ts';
import { Deployment } from './deployment.ts';
import { Friend } from './friend.ts';
import { GroupUser } from './group-user.ts';
import { Message } from './message.ts';
import { OfflineMessage } from './offline-message.ts';
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
  OfflineMessage,
  Message,
  Deployment,
] as const;
