import type { Upload } from '../store/seam/attachments.ts';

/** A file is kept in parts of so many bytes, the last one smaller. */
export const PART_BYTES = 1_048_576;

type FileFacts = Pick<Upload, 'id' | 'sizeBytes' | 'sha256'>;

/** A file of `sizeBytes` has the parts 0 to this, this one not. */
export function partCount(sizeBytes: number): number {
  return Math.ceil(sizeBytes / PART_BYTES);
}

export function partLength(sizeBytes: number, part: number): number {
  return Math.min(PART_BYTES, sizeBytes - part * PART_BYTES);
}

/**
 * The key of a part's blob. The id alone would do, were it not for a database that was put back: what its lost rows had
 * stored is still there, and their ids are given again.
 */
export function partKey({ id, sha256 }: FileFacts, part: number): string {
  return `${id}-${Buffer.from(sha256).toString('hex', 0, 8)}/${part}`;
}

export function partKeys(file: FileFacts): string[] {
  return Array.from({ length: partCount(file.sizeBytes) }, (_, part) => partKey(file, part));
}
