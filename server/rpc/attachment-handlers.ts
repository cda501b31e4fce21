import type {
  AttachmentServiceServer,
  DownloadRequest,
  DownloadResponse,
  UploadRequest,
  UploadResponse,
} from '../../proto/gen/parley/v1/attachment_service.pb.ts';
import type { Attachments } from '../attachments/attachments.ts';
import { untilSilent } from '../attachments/until-silent.ts';
import type { UploadHeader } from '../attachments/upload-rules.ts';
import { invalidField } from '../lib/errors.ts';
import type { Calls } from './calls.ts';
import { fromNumber, toId } from './ids.ts';
import { clientStream, serverStream, type ServerStreamOptions } from './streamed-calls.ts';
import { toAttachment } from './wire-entries.ts';
import { fromTarget } from './wire.ts';

export interface AttachmentHandlerParts {
  readonly attachments: Attachments;
  readonly streams: ServerStreamOptions;
}

/** An upload that sends nothing for so long has ended. */
const SILENCE_MS = 30_000;

export function attachmentHandlers(
  calls: Calls,
  { attachments, streams }: AttachmentHandlerParts,
): AttachmentServiceServer {
  return {
    upload: clientStream<UploadRequest, UploadResponse>(calls, async (requests, { user, check }) => {
      const frames = untilSilent(requests, streams.clock, SILENCE_MS);
      const header = await readHeader(frames);
      const source = { chunks: chunksOf(frames), checkCaller: check };
      return { attachment: toAttachment(await attachments.upload(user.id, header, source)) };
    }),

    getUpload: calls.authenticated(async ({ requestId }, { user }) => {
      const upload = await attachments.progress(user.id, requestId);
      return {
        receivedBytes: fromNumber(upload.receivedBytes),
        attachment: upload.state === 'complete' ? toAttachment(upload) : undefined,
      };
    }),

    download: serverStream<DownloadRequest, DownloadResponse>(calls, streams, async function* (request, caller) {
      const attachmentId = toId(request.attachmentId, 'attachment_id');
      const offsetBytes = toBytes(request.offsetBytes, 'offset_bytes');
      const wanted = { userId: caller.user.id, attachmentId, offsetBytes, checkCaller: caller.check };
      for await (const piece of attachments.download(wanted)) {
        yield piece instanceof Uint8Array
          ? { frame: { $case: 'chunk', value: Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) } }
          : { frame: { $case: 'attachment', value: toAttachment(piece) } };
      }
    }),
  };
}

/** @throws DomainError INVALID_FIELD */
async function readHeader(frames: AsyncIterator<UploadRequest>): Promise<UploadHeader> {
  const first = await frames.next();
  const frame = first.done === true ? undefined : first.value.frame;
  if (frame?.$case !== 'header') throw invalidField('header', 'it comes first');
  const { target, fileName, mediaType, sizeBytes, sha256, requestId, offsetBytes } = frame.value;
  return {
    target: fromTarget(target, 'header.target'),
    ...{ fileName, mediaType, sha256, requestId },
    sizeBytes: toBytes(sizeBytes, 'header.size_bytes'),
    offsetBytes: toBytes(offsetBytes, 'header.offset_bytes'),
  };
}

/** @throws DomainError INVALID_FIELD */
async function* chunksOf(frames: AsyncIterable<UploadRequest>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { frame } of frames) {
    if (frame?.$case !== 'chunk') throw invalidField('chunk', 'the header comes once, then chunks');
    yield frame.value;
  }
}

/** A number of bytes. @throws DomainError INVALID_FIELD */
function toBytes(value: bigint, field: string): number {
  if (value < 0n || value > Number.MAX_SAFE_INTEGER) throw invalidField(field, 'a number of bytes: 0 or more');
  return Number(value);
}
