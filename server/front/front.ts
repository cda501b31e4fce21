import type { Upstream } from './standings.ts';
import { type NginxProcess, reloadNginx } from './nginx-process.ts';
import { readIfThere, writeFileAtomically } from './write-file-atomically.ts';

/** One thing that stands in front of the replicas, by the file in which it reads who they are. */
export interface FrontOptions {
  readonly file: string;
  readonly render: (upstreams: readonly Upstream[]) => string;
  /** The nginx that reads the file; undefined for what watches it by itself. */
  readonly nginx?: NginxProcess;
}

/** `waiting`: the file is right, and nginx has not been told since it doesn't run. */
export type Shown = 'same' | 'written' | 'reloaded' | 'waiting';

/** Keeps the file right, and nginx told of it. */
export class Front {
  readonly #options: FrontOptions;
  /** At first, since it isn't known what nginx has read. */
  #nginxIsBehind: boolean;

  constructor(options: FrontOptions) {
    this.#options = options;
    this.#nginxIsBehind = options.nginx !== undefined;
  }

  get file(): string {
    return this.#options.file;
  }

  /**
   * Brings it to this list; safe to repeat, and to be repeated after it has failed. An empty list leaves a file alone that
   * is there: it names those who served last.
   *
   * @throws NginxRefuses; Error where the file can't be written
   */
  async show(upstreams: readonly Upstream[]): Promise<Shown> {
    const { file, render, nginx } = this.#options;
    const text = render(upstreams);
    const there = await readIfThere(file);
    if (upstreams.length === 0 && there !== undefined) return 'same';
    if (there !== text) {
      await writeFileAtomically(file, text);
      this.#nginxIsBehind = nginx !== undefined;
    }
    if (nginx === undefined || !this.#nginxIsBehind) return there === text ? 'same' : 'written';
    if (!(await reloadNginx(nginx))) return 'waiting';
    this.#nginxIsBehind = false;
    return 'reloaded';
  }
}
