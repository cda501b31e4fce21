import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';

const page = read('README.md');

function read(file: string): string {
  return readFileSync(new URL(`../../proto/${file}`, import.meta.url), 'utf8');
}

function section(title: string): string {
  const found = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`proto/README.md has no section "${title}"`);
  return found;
}

/** What each match's first two groups say, as an object. */
function pairs(text: string, pattern: RegExp): Record<string, string> {
  return Object.fromEntries([...text.matchAll(pattern)].map(([, key, value]) => [key ?? '', value ?? '']));
}

describe('proto/README.md', () => {
  test('has every error reason, with the status that the contract gives it', () => {
    const contract = pairs(
      read('parley/v1/error_reason.proto').replace(
        /\/\/ ([A-Z_]+)\.(?:(?!\n\n).|\n)*?(ERROR_REASON_\w+) = /g,
        '<$2 $1>',
      ),
      /<ERROR_REASON_(\w+) (\w+)>/g,
    );
    const table = pairs(section('Errors'), /^\| `(\w+)` +\| (\w+) +\|/gm);

    expect(Object.keys(contract).length).toBeGreaterThan(30);
    expect(table).toEqual(contract);
  });

  test('links only to sections that it has', () => {
    const anchors = [...page.matchAll(/^##+ (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    const links = [...page.matchAll(/\]\(#([\w-]+)\)/g)].map(([, anchor]) => anchor);

    expect(links.filter((link) => !anchors.includes(link ?? ''))).toEqual([]);
  });
});
