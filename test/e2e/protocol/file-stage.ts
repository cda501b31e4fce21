import { randomUUID } from 'node:crypto';

import { afterEach } from '@jest/globals';

import type { Attachment } from '../../../proto/gen/parley/v1/attachment.pb.ts';
import type { SendReceipt } from '../../../proto/gen/parley/v1/chat.pb.ts';
import type { Target } from '../../../proto/gen/parley/v1/message.pb.ts';
import { headerOf, RawFiles, withFiles } from './raw-files.ts';
import type { RawUser } from './raw-user.ts';
import type { Stage } from './stage.ts';

/** What users do with files on a stage; their connections end with their test. */
export interface FileStage {
  /** A connection of the user's for files. */
  of(user: RawUser): RawFiles;
  /** A new file of these bytes, complete. */
  upload(user: RawUser, target: Target, bytes: Uint8Array): Promise<Attachment>;
  /** Sends these files in a message. @throws CallFailed */
  send(user: RawUser, target: Target, files: readonly Pick<Attachment, 'id'>[], id?: string): Promise<SendReceipt>;
  /** The bytes that the user is given. @throws CallFailed */
  fetch(user: RawUser, attachmentId: bigint, offsetBytes?: bigint): Promise<Buffer>;
}

export function useFiles(stage: () => Stage): FileStage {
  const opened: RawFiles[] = [];
  afterEach(() => opened.splice(0).forEach((files) => files[Symbol.dispose]()));
  const of = (user: RawUser) => {
    const files = new RawFiles(stage().address, user.token);
    opened.push(files);
    return files;
  };
  return {
    of,
    upload: (user, target, bytes) => of(user).upload(headerOf(target, bytes), bytes),
    send: (user, target, files, clientMessageId = randomUUID()) =>
      user.post({ clientMessageId, target, content: withFiles(files) }),
    fetch: async (user, attachmentId, offsetBytes) =>
      Buffer.concat((await of(user).download(attachmentId, offsetBytes)).chunks),
  };
}
