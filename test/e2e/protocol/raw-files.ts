import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';

import { type ClientReadableStream, type ClientWritableStream, credentials, type ServiceError } from '@grpc/grpc-js';

import type { Attachment } from '../../../proto/gen/parley/v1/attachment.pb.ts';
import {
  AttachmentServiceClient,
  type DownloadResponse,
  type GetUploadResponse,
  UploadHeader,
  type UploadRequest,
} from '../../../proto/gen/parley/v1/attachment_service.pb.ts';
import { Content, type Target } from '../../../proto/gen/parley/v1/message.pb.ts';
import { bearer } from './raw-chat.ts';
import { CallFailed, readTrailers } from './rich-status.ts';

export const CHUNK_BYTES = 65_536;
export const PART_BYTES = 1_048_576;

const OPTIONS = { 'grpc.use_local_subchannel_pool': 1 };

/** A header for these bytes, with a request id of its own. */
export function headerOf(target: Target, bytes: Uint8Array, changed: Partial<UploadHeader> = {}): UploadHeader {
  return UploadHeader.fromPartial({
    target,
    fileName: 'photo.jpeg',
    mediaType: 'image/jpeg',
    sizeBytes: BigInt(bytes.byteLength),
    sha256: createHash('sha256').update(bytes).digest(),
    requestId: randomUUID(),
    ...changed,
  });
}

/** A content with nothing but these files, or with a text too. */
export function withFiles(files: readonly Pick<Attachment, 'id'>[], text = ''): Content {
  return Content.fromPartial({ text, attachments: files.map(({ id }) => ({ id })) });
}

/** An upload that a test writes by itself. */
export class RawUpload {
  /** Rejects with CallFailed. */
  readonly answer: Promise<Attachment>;
  readonly #call: ClientWritableStream<UploadRequest>;

  constructor(client: AttachmentServiceClient, token: string | undefined) {
    const { promise, resolve, reject } = Promise.withResolvers<Attachment>();
    this.answer = promise;
    this.answer.catch(() => undefined);
    this.#call = client.upload(bearer(token), (error, response) => {
      if (error === null) resolve(response.attachment!);
      else reject(failed(error));
    });
    this.#call.on('error', () => undefined);
  }

  header(header: UploadHeader): this {
    this.#call.write({ frame: { $case: 'header', value: header } });
    return this;
  }

  /** Writes bytes as chunks, as fast as the server takes them, for as long as it does. */
  async bytes(bytes: Uint8Array, chunkBytes = CHUNK_BYTES): Promise<this> {
    const over = this.answer.then(
      () => true,
      () => true,
    );
    for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
      const written = this.chunk(bytes.subarray(at, at + chunkBytes)).then(() => false);
      if (await Promise.race([over, written])) break;
    }
    return this;
  }

  /** Resolves when the server's window has taken it, or the call is over. */
  chunk(bytes: Uint8Array): Promise<void> {
    const value = Buffer.from(bytes);
    return new Promise((resolve) => this.#call.write({ frame: { $case: 'chunk', value } }, () => resolve()));
  }

  finish(): Promise<Attachment> {
    this.#call.end();
    return this.answer;
  }

  /** As a client that vanishes. */
  async cancel(): Promise<void> {
    this.#call.cancel();
    await this.answer.catch(() => undefined);
  }
}

/** A download that a test reads by itself. */
export class RawDownload implements AsyncIterable<DownloadResponse> {
  /** The code of the status. */
  readonly ended: Promise<number>;
  readonly #stream: ClientReadableStream<DownloadResponse>;

  constructor(stream: ClientReadableStream<DownloadResponse>) {
    this.#stream = stream;
    this.ended = new Promise((resolve) => stream.once('status', ({ code }) => resolve(code)));
    // The status tells as much.
    stream.on('error', () => undefined);
  }

  /** Resolves when something has come; nothing is read of it. */
  async begun(): Promise<this> {
    await once(this.#stream, 'readable');
    return this;
  }

  /** Reads to the end, for the status. */
  drain(): Promise<number> {
    this.#stream.resume();
    return this.ended;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<DownloadResponse> {
    try {
      for await (const response of this.#stream) yield response as DownloadResponse;
    } catch (error) {
      throw failed(error as ServiceError);
    }
  }

  async cancel(): Promise<void> {
    this.#stream.cancel();
    await this.drain();
  }
}

/** What a user does with files, by the generated stub, over a connection of its own. */
export class RawFiles implements Disposable {
  readonly #client: AttachmentServiceClient;
  readonly #token: string | undefined;

  constructor(address: string, token: string | undefined) {
    this.#client = new AttachmentServiceClient(address, credentials.createInsecure(), OPTIONS);
    this.#token = token;
  }

  open(): RawUpload {
    return new RawUpload(this.#client, this.#token);
  }

  /** Uploads all of it, or from the header's offset on. @throws CallFailed */
  async upload(header: UploadHeader, bytes: Uint8Array): Promise<Attachment> {
    const upload = this.open().header(header);
    await upload.bytes(bytes.subarray(Number(header.offsetBytes)));
    return upload.finish();
  }

  /** @throws CallFailed */
  progress(requestId: string): Promise<GetUploadResponse> {
    return new Promise((resolve, reject) =>
      this.#client.getUpload({ requestId }, bearer(this.#token), (error, response) => {
        if (error === null) resolve(response);
        else reject(failed(error));
      }),
    );
  }

  read(attachmentId: bigint, offsetBytes = 0n): RawDownload {
    return new RawDownload(this.#client.download({ attachmentId, offsetBytes }, bearer(this.#token)));
  }

  /** The whole answer. @throws CallFailed */
  async download(attachmentId: bigint, offsetBytes = 0n): Promise<{ attachment: Attachment; chunks: Buffer[] }> {
    let attachment: Attachment | undefined;
    const chunks: Buffer[] = [];
    for await (const { frame } of this.read(attachmentId, offsetBytes)) {
      if (frame?.$case === 'chunk') chunks.push(frame.value);
      else if (attachment === undefined && chunks.length === 0) attachment = frame?.value;
      else throw new Error('the attachment came twice, or late');
    }
    return { attachment: attachment!, chunks };
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

function failed(error: ServiceError): CallFailed {
  return new CallFailed(readTrailers(error));
}
