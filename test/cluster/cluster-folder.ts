import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

/** Unix sockets hold 107 bytes of path; the longest one below the folder is `/mariadb/m.sock`. */
const MAX_PATH_BYTES = 90;

/** Where a cluster keeps everything: a folder for each part. */
export interface ClusterFolder {
  readonly mariadb: string;
  readonly redis: string;
  readonly nginx: string;
  readonly attachments: string;
  readonly logs: string;
  /** Removes it, unless it was named. */
  remove(): Promise<void>;
}

/**
 * @param named is made where it isn't there, and stays; undefined for a temporary one
 * @throws RangeError where its path is too long for the sockets in it
 */
export async function openClusterFolder(named: string | undefined): Promise<ClusterFolder> {
  const path = named === undefined ? await makeTempFolder('cluster') : resolve(named);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw new RangeError(`the path of the folder has more than ${MAX_PATH_BYTES} bytes, too long for sockets: ${path}`);
  }
  const part = async (name: string): Promise<string> => {
    await mkdir(join(path, name), { recursive: true });
    return join(path, name);
  };
  return {
    mariadb: await part('mariadb'),
    redis: await part('redis'),
    nginx: await part('nginx'),
    attachments: await part('attachments'),
    logs: await part('logs'),
    remove: () => (named === undefined ? removeTempFolder(path) : Promise.resolve()),
  };
}
