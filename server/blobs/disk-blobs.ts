import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import { BlobDamaged, BlobDiffers, type Blobs, BlobsFull, BlobsUnavailable, checkKey } from './blobs.ts';

/** What a person has to change: the folder can't be used. */
export class BlobsConfigurationError extends Error {
  override readonly name = 'BlobsConfigurationError';
}

const HASH_BYTES = 32;
/** A temporary file that is older was left by a crash. */
const STALE_MS = 3_600_000;

/**
 * Blobs in files: `<first byte of the key's hash>/<key>`, each the SHA-256 of its bytes and then the bytes. A file is
 * written and flushed under another name first, so that it has its own only when it is whole.
 */
export class DiskBlobs implements Blobs {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #shards = new Map<string, Promise<void>>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.#temporary = join(folder, 'tmp');
  }

  /**
   * The folder (relative to the working directory) is made if there is none.
   *
   * @throws BlobsConfigurationError when it can't be written
   */
  static async open(folder: string): Promise<DiskBlobs> {
    const blobs = new DiskBlobs(resolve(folder));
    try {
      await makeFolder(blobs.#temporary);
      await blobs.#removeStale();
      await unlink(await blobs.#writeTemporary([Buffer.from('can it be written?')]));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new BlobsConfigurationError(`the folder for attachments can't be written: ${why}`, { cause });
    }
    return blobs;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const path = this.#pathOf(key);
    try {
      await this.#makeShard(dirname(path));
      const temporary = await this.#writeTemporary([hashOf(bytes), bytes]);
      const isNew = await linkIfAbsent(temporary, path).finally(() => unlink(temporary));
      if (!isNew && !(await this.#has(key, bytes))) throw new BlobDiffers(key);
      await syncFolder(dirname(path));
    } catch (error) {
      throw translated(error);
    }
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    let file: Buffer;
    try {
      file = await readFile(this.#pathOf(key));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw translated(error);
    }
    const bytes = file.subarray(HASH_BYTES);
    if (!hashOf(bytes).equals(file.subarray(0, HASH_BYTES))) throw new BlobDamaged(key);
    return bytes;
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await unlink(this.#pathOf(key)).catch((error: unknown) => {
        if (!hasCode(error, 'ENOENT')) throw translated(error);
      });
    }
  }

  async #has(key: string, bytes: Uint8Array): Promise<boolean> {
    const present = await this.get(key);
    return present !== undefined && Buffer.compare(present, bytes) === 0;
  }

  /** A key has no dot, so no two keys share a name. */
  #pathOf(key: string): string {
    const name = checkKey(key).replaceAll('/', '.');
    return join(this.#folder, hashOf(Buffer.from(key)).toString('hex', 0, 1), name);
  }

  /** Gives the path of a flushed file that nobody else knows. */
  async #writeTemporary(pieces: readonly Uint8Array[]): Promise<string> {
    const path = join(this.#temporary, randomUUID());
    const file = await open(path, 'wx');
    try {
      await file.writeFile(pieces);
      await file.sync();
    } catch (error) {
      await unlink(path).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  /** Once for each shard; a failure is not kept. */
  #makeShard(folder: string): Promise<void> {
    let made = this.#shards.get(folder);
    if (made === undefined) {
      made = makeFolder(folder);
      this.#shards.set(folder, made);
      made.catch(() => this.#shards.delete(folder));
    }
    return made;
  }

  async #removeStale(): Promise<void> {
    for (const name of await readdir(this.#temporary)) {
      const path = join(this.#temporary, name);
      const mtimeMs = await modifiedAt(path);
      if (mtimeMs !== undefined && Date.now() - mtimeMs > STALE_MS) await rm(path, { force: true });
    }
  }
}

/** Undefined where the file is gone: other replicas write in the same folder. */
async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Gives a file a second name, unless another has it: a renaming would replace that one. */
async function linkIfAbsent(file: string, path: string): Promise<boolean> {
  try {
    await link(file, path);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Makes a folder that is still there after a loss of power. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hashOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

function translated(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return new BlobsFull(`no room for a blob: ${message}`, { cause: error });
  return new BlobsUnavailable(`a blob's file can't be used: ${message}`, { cause: error });
}
