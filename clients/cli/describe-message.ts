import type { Body, Content, Message } from '../node/index.ts';
import { safeLine, safeText } from './safe-text.ts';

/** What to print for an entry: `bob: hello`, `* ann joined`. Undefined for kinds that are not shown. */
export function describeMessage(message: Message): string | undefined {
  const { body } = message;
  const sender = safeLine(message.senderName || `user ${message.senderId}`);
  switch (body.kind) {
    case 'content':
      return `${sender}: ${describeContent(body.content)}`;
    case 'membership':
      return `* ${describeMembership(body, sender)}`;
    case 'group':
      return `* ${describeGroupChange(body, sender)}`;
    case 'recall':
      return `* ${sender} took back message ${body.targetSeq}`;
    case 'edit':
      return body.content ? `${sender} (edited ${body.targetSeq}): ${describeContent(body.content)}` : undefined;
    case 'recalled':
      return `${sender}: [taken back]`;
    case 'reaction':
      return body.removed
        ? `* ${sender} no longer reacts with ${safeLine(body.emoji)} to message ${body.targetSeq}`
        : `* ${sender} reacts with ${safeLine(body.emoji)} to message ${body.targetSeq}`;
    default:
      return undefined;
  }
}

/** Where an entry belongs, as one would name it on the command line: `#1`, or the other user's name where known. */
export function describePlace({ target, senderId, senderName }: Message, selfId: number): string {
  if (target && 'groupId' in target) return `#${target.groupId}`;
  if (senderId !== selfId) return `@${safeLine(senderName)}`;
  return target ? `@user ${target.userId}` : '';
}

/** `12:03` today, `2026-11-24 12:03` before. */
export function describeTime(time: Date, now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  return day(time) === day(now) ? clock : `${day(time)} ${clock}`;
}

function describeContent({ text, payload, replyToSeq, attachments = [] }: Content): string {
  const answered = replyToSeq !== undefined && `(to ${replyToSeq})`;
  const attached = payload && `[${safeLine(payload.mediaType)}, ${payload.data.length} bytes]`;
  const files = attachments.map((file) => ('fileName' in file ? `[${safeLine(file.fileName)}]` : `[file ${file.id}]`));
  return [answered, text && safeText(text), attached, ...files].filter(Boolean).join(' ');
}

function describeMembership(body: Extract<Body, { kind: 'membership' }>, sender: string): string {
  const user = safeLine(body.userName || `user ${body.userId}`);
  switch (body.change) {
    case 'joined':
      return `${user} joined`;
    case 'invited':
      return `${user} was invited by ${sender}`;
    case 'left':
      return `${user} left`;
    case 'removed':
      return `${user} was removed by ${sender}`;
    case 'role-changed':
      return `${user} is now ${body.role}, says ${sender}`;
    default:
      return `something changed for ${user}`;
  }
}

function describeGroupChange(body: Extract<Body, { kind: 'group' }>, sender: string): string {
  if (body.deleted) return `${sender} deleted the group`;
  if (body.name) return `${sender} named the group ${safeLine(body.name)}`;
  return body.description === undefined ? `${sender} changed the group` : `${sender} changed the description`;
}
