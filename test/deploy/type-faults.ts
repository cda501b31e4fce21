import { join } from 'node:path';

import ts from 'typescript';

import { ROOT } from '../../scripts/run.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** Where the types of an API group are; the core group has no name. */
function typeOf({ apiVersion, kind }: Manifest): string {
  const [version, group = 'core'] = apiVersion.split('/').reverse();
  return `import('kubernetes-types/${group.replace(/\.k8s\.io$/, '')}/${version}').${kind}`;
}

/**
 * What the Kubernetes API would refuse in manifests, by the compiler: each is an object literal of its kind's type, in
 * which unknown fields, missing ones and wrong types are errors. What numbers and strings say is not looked at.
 */
export function typeFaults(manifests: readonly Manifest[]): string[] {
  const file = join(ROOT, 'test/deploy/manifests.ts');
  const text = manifests
    .map((manifest, index) => `const m${index}: ${typeOf(manifest)} = ${JSON.stringify(manifest)};\n`)
    .join('');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es2022.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? text : readFile(path));
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, start = 0 }) => {
    const line = text.slice(0, start).split('\n').length - 1;
    return `${manifests[line]?.kind}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
