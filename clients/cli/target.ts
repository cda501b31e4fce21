import { ParleyError } from '../node/index.ts';
import type { Message, ParleyApi, Target } from '../node/index.ts';
import { CliError } from './cli-error.ts';

/** Whom or what a conversation is with. */
export interface Peer {
  readonly target: Target;
  /** The user's name, or the group's. */
  readonly title: string;
}

/** A group's id as `#1`, `group:1` or `1`. */
export function parseGroupId(text: string): number {
  const digits = /^(?:#|group:)?(\d{1,16})$/.exec(text)?.[1];
  const id = Number(digits);
  if (digits === undefined || id < 1 || !Number.isSafeInteger(id)) {
    throw new CliError("a group is named '#1' (in quotes) or group:1", { exitCode: 2 });
  }
  return id;
}

/** A whole number from `min` up, for an option of that name. */
export function parseWholeNumber(option: string, min: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < min) {
      throw new CliError(`${option} takes a whole number from ${min} up`, { exitCode: 2 });
    }
    return value;
  };
}

/** Finds what a TARGET of the command line names: `ann` or `@ann` is a user, `#1` or `group:1` a group. */
export async function findPeer(api: ParleyApi, text: string): Promise<Peer> {
  if (text.startsWith('#') || text.startsWith('group:')) {
    const group = await api.groups.get(parseGroupId(text));
    return { target: { groupId: group.id }, title: group.name };
  }
  const { id, name } = await findUser(api, text);
  return { target: { userId: id }, title: name };
}

/** Finds a user by name: `ann` or `@ann`. */
export async function findUser(api: ParleyApi, text: string): Promise<{ id: number; name: string }> {
  const name = text.replace(/^@/, '');
  try {
    return await api.auth.getAccount({ name });
  } catch (error) {
    if (error instanceof ParleyError && error.reason === 'USER_NOT_FOUND') {
      throw new CliError(`there is no user ${name}`, { cause: error });
    }
    throw error;
  }
}

/** Whether a message belongs to the conversation with `target`. */
export function isWith(target: Target, message: Message, selfId: number): boolean {
  if (!message.target) return false;
  if ('groupId' in target) return 'groupId' in message.target && message.target.groupId === target.groupId;
  if (!('userId' in message.target)) return false;
  const [from, to] = [message.senderId, message.target.userId];
  return (from === target.userId && to === selfId) || (from === selfId && to === target.userId);
}
