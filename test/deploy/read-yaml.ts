import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { ROOT } from '../../scripts/run.ts';

/**
 * The documents of a YAML file of the repository, with aliases and merge keys resolved. Whether they are what is asked for
 * is for the caller to check.
 *
 * @throws Error with everything that is wrong with its YAML, keys that come twice among it
 */
export function readYaml<T>(path: string): T[] {
  return parseAllDocuments(readFileSync(join(ROOT, path), 'utf8'), { merge: true, strict: true }).map((document) => {
    const problems = [...document.errors, ...document.warnings];
    if (problems.length > 0) throw new Error(`${path}: ${problems.join('\n')}`);
    return document.toJS() as T;
  });
}
