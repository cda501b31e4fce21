import { clearScreenDown, createInterface, cursorTo, moveCursor } from 'node:readline';
import type { Interface } from 'node:readline';

const PROMPT = '> ';

/**
 * Lines in and out at the same time. On a terminal, what is printed appears above the line that is being typed; the
 * prompt is shown from `start` on. Without a terminal, lines are read from stdin as they are, and notices go to stderr.
 */
export class LineMode implements AsyncIterable<string> {
  readonly #isTerminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  readonly #input: Interface;
  readonly #typed: string[] = [];
  #wake: (() => void) | undefined;
  #isClosed = false;
  #isStarted = false;

  constructor() {
    this.#input = createInterface({
      input: process.stdin,
      ...(this.#isTerminal && { output: process.stdout, prompt: PROMPT }),
      terminal: this.#isTerminal,
    });
    this.#input.on('line', (line) => {
      this.#typed.push(line);
      this.#wake?.();
      if (this.#isStarted) this.#input.prompt();
    });
    this.#input.on('SIGINT', () => this.close());
    this.#input.on('close', () => {
      this.#isClosed = true;
      if (this.#isStarted) process.stdout.write('\n');
      this.#wake?.();
    });
  }

  /** Shows the prompt, after a first notice. */
  start(notice: string): void {
    if (this.#isStarted || this.#isClosed) return;
    if (this.#isTerminal) this.notice(notice);
    this.#isStarted = this.#isTerminal;
    if (this.#isStarted) this.#input.prompt();
  }

  /** Prints a line. */
  print(line: string): void {
    this.#write(process.stdout, line);
  }

  /** Prints something that is about the conversation, but not of it. */
  notice(text: string): void {
    this.#write(this.#isTerminal ? process.stdout : process.stderr, `* ${text}`);
  }

  /** Ends the iteration, after the lines that were typed before. */
  close(): void {
    if (!this.#isClosed) this.#input.close();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    for (;;) {
      const line = this.#typed.shift();
      if (line !== undefined) yield line;
      else if (this.#isClosed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #write(stream: NodeJS.WriteStream, line: string): void {
    const isTyping = this.#isStarted && !this.#isClosed;
    if (isTyping) {
      // The cursor may stand in any row of a line that is wider than the terminal.
      moveCursor(process.stdout, 0, -this.#input.getCursorPos().rows);
      cursorTo(process.stdout, 0);
      clearScreenDown(process.stdout);
    }
    stream.write(`${line}\n`);
    if (isTyping) this.#input.prompt(true);
  }
}
