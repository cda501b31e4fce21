import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';

/** One stage of a Dockerfile, as far as it matters here. */
export interface Stage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly { readonly keyword: string; readonly text: string }[];
}

const PINNED = /^[\w./-]+:\d+\.\d+\.\d+(-[\w.-]+)?$/;
const EXEC_FORM = /^\[.*\]$/s;

export function stagesOf(text: string): Stage[] {
  const stages: { name: string; from: string; instructions: { keyword: string; text: string }[] }[] = [];
  const lines = text.split('\n');
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const { start, end } = instruction.getRange();
    // With its flags, which the parser keeps apart.
    const rest = lines
      .slice(start.line, end.line + 1)
      .join('\n')
      .slice(keyword.length)
      .trim();
    const [from = '', , name = ''] = rest.split(/\s+/);
    if (keyword === 'FROM') stages.push({ from, name, instructions: [] });
    else stages.at(-1)?.instructions.push({ keyword, text: rest });
  }
  return stages;
}

/** The instructions of a stage, after those of the stages that it begins with. */
export function inherited(stages: readonly Stage[], name: string): Stage['instructions'] {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) return [];
  return [...inherited(stages, stage.from), ...stage.instructions];
}

/** What is wrong with a Dockerfile: what a builder would refuse, and what these images promise. */
export function dockerfileFaults(text: string, nodeVersion: string): string[] {
  const faults = validate(text).map(({ message, range }) => `line ${range.start.line + 1}: ${JSON.stringify(message)}`);
  const stages = stagesOf(text);
  const names = new Set(stages.map(({ name }) => name));
  for (const { name, from } of stages) {
    if (names.has(from)) continue;
    if (!PINNED.test(from)) faults.push(`${name}: the base ${from} is not pinned`);
    if (!from.startsWith(`node:${nodeVersion}-`)) faults.push(`${name}: tests run on Node ${nodeVersion}, not ${from}`);
  }
  for (const { name, instructions } of stages) {
    for (const { keyword, text: command } of instructions) {
      if (/npm (install|i)\b/.test(command)) faults.push(`${name}: npm ci keeps to the lock, npm install does not`);
      if (/npm ci\b/.test(command) && name !== 'build' && !command.includes('--omit=dev')) {
        faults.push(`${name}: has what only builds and tests`);
      }
      if (keyword === 'ADD') faults.push(`${name}: COPY does what is needed, ADD more`);
    }
  }
  for (const image of ['front', 'server']) faults.push(...imageFaults(inherited(stages, image), image));
  if (stages.at(-1)?.name !== 'server') faults.push('docker build makes the last stage, which has to be the server');
  return faults;
}

function imageFaults(instructions: Stage['instructions'], image: string): string[] {
  const last = (keyword: string) => instructions.findLast((one) => one.keyword === keyword)?.text;
  const faults: string[] = [];
  if (!/^[1-9]\d*:[1-9]\d*$/.test(last('USER') ?? '')) faults.push(`${image}: runs as ${last('USER') ?? 'root'}`);
  for (const keyword of ['ENTRYPOINT', 'CMD']) {
    const text = last(keyword);
    // A shell in between would keep the signal to itself.
    if (text !== undefined && !EXEC_FORM.test(text)) faults.push(`${image}: ${keyword} is run by a shell`);
  }
  if (
    image === 'server' &&
    !/CMD \["node", "server\/bin\/parley-server\.js", "probe"\]$/.test(last('HEALTHCHECK') ?? '')
  ) {
    faults.push(`${image}: its health is not asked for by its own probe`);
  }
  return faults;
}
