import { once } from 'node:events';
import { safeJson } from './safe-text.ts';

/** Prints a line to stdout; resolves when more may follow, so that a slow reader slows us down. */
export async function printLine(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/** Prints a value as one line of JSON. */
export async function printJson(value: unknown): Promise<void> {
  await printLine(safeJson(value));
}

/** Prints a list: as a JSON array with `json`, else one line an item, or `none` where there is none. */
export async function printList<Item>(
  items: readonly Item[],
  options: { readonly json?: boolean },
  describe: (item: Item) => readonly string[],
  none: string,
): Promise<void> {
  if (options.json) {
    await printJson(items);
    return;
  }
  if (items.length === 0) {
    await printLine(none);
    return;
  }
  for (const line of columns(items.map(describe))) await printLine(line);
}

/** Rows as lines with aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
