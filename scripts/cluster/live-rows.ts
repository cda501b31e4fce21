import { cursorTo, moveCursor } from 'node:readline';
import type { WriteStream } from 'node:tty';

/** What the rows are written to. */
export interface RowOutput {
  readonly isTTY?: boolean;
  write(text: string): boolean;
}

/** Rows that change: in their place on a terminal; elsewhere each that is new is written as a line. */
export class LiveRows {
  readonly #output: RowOutput;
  #shown: readonly string[] = [];

  constructor(output: RowOutput) {
    this.#output = output;
  }

  show(rows: readonly string[]): void {
    if (this.#output.isTTY === true) this.#redraw(this.#output as WriteStream, rows);
    else for (const row of rows) if (!this.#shown.includes(row)) this.#output.write(`${row}\n`);
    this.#shown = rows;
  }

  #redraw(terminal: WriteStream, rows: readonly string[]): void {
    if (this.#shown.length > 0) {
      moveCursor(terminal, 0, -this.#shown.length);
      cursorTo(terminal, 0);
      terminal.clearScreenDown();
    }
    // A row that is broken into two would be one too many to go back over.
    for (const row of rows) terminal.write(`${row.slice(0, terminal.columns - 1)}\n`);
  }
}
