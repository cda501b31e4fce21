import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { createFileRegistry, fromBinary, type FileRegistry } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

import { ROOT } from '../../scripts/run.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const run = promisify(execFile);

/** Envoy's v3 API as proto files, and what they import. */
const FILES = join(dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json')), 'deps');
const IMPORTED = ['envoy-api', 'googleapis', 'xds'];
/** What the set's copy of this file lacks, which is older than those that import it. */
const VALIDATE = 'protoc-gen-validate/validate/validate.proto';
const MISSING = ['message StringRules {', 'message StringRules {\n    optional bool ignore_empty = 26;'] as const;

/**
 * Envoy's own definitions of these message types (`envoy.config.bootstrap.v3.Bootstrap`) and of all that they name.
 *
 * @throws Error for a type of which there is no definition
 */
export async function envoyTypes(types: ReadonlySet<string>): Promise<FileRegistry> {
  const folder = await makeTempFolder('envoy-api');
  try {
    for (const module of IMPORTED) await symlink(join(FILES, module), join(folder, module));
    await mkdir(join(folder, dirname(VALIDATE)), { recursive: true });
    const validate = await readFile(join(FILES, VALIDATE), 'utf8');
    if (!validate.includes(MISSING[0])) throw new Error(`${VALIDATE} is not as it was`);
    await writeFile(join(folder, VALIDATE), validate.replace(...MISSING));

    const modules = [...IMPORTED, 'protoc-gen-validate'].map((path) => ({ path }));
    const paths = [...new Set([...types].map(folderOf))].flatMap((path) => ['--path', join('envoy-api', path)]);
    const image = join(folder, 'envoy.binpb');
    const config = JSON.stringify({ version: 'v2', modules });
    await run(join(ROOT, 'node_modules/.bin/buf'), ['build', '.', '--config', config, ...paths, '-o', image], {
      cwd: folder,
    });
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(image)));
  } finally {
    await removeTempFolder(folder);
  }
}

/** Envoy keeps each package in the folder of its name. */
function folderOf(type: string): string {
  const folder = type.slice(0, type.lastIndexOf('.')).replaceAll('.', '/');
  if (!existsSync(join(FILES, 'envoy-api', folder))) throw new Error(`there is no definition of ${type}`);
  return folder;
}
