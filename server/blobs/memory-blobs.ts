import { BlobDiffers, type Blobs, checkKey } from './blobs.ts';

/** Blobs for as long as the process lives. */
export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, Buffer>();

  /** The keys that have bytes. */
  get keys(): string[] {
    return [...this.#blobs.keys()];
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const present = this.#blobs.get(checkKey(key));
    if (present === undefined) this.#blobs.set(key, Buffer.from(bytes));
    else if (!present.equals(bytes)) throw new BlobDiffers(key);
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const bytes = this.#blobs.get(checkKey(key));
    return bytes && Buffer.from(bytes);
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#blobs.delete(checkKey(key));
  }
}
