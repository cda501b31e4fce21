import { Writable } from 'node:stream';

import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';

import { banner, helpText } from './banner.ts';
import { describeSettings, readConfig } from './config.ts';

const DEFAULT_ADDRESS = '127.0.0.1:50051';

/** What is written to a terminal, and to the log. */
function show(address: string, options: { isTTY: boolean; databaseUrl?: string }) {
  let [shown, logged] = ['', ''];
  const config = readConfig({ PARLEY_DATABASE_URL: options.databaseUrl });
  const log = pino({}, new Writable({ write: (line, _encoding, done) => ((logged += String(line)), done()) }));
  banner(config, address, log, { isTTY: options.isTTY, write: (text) => ((shown += text), true) });
  return { shown, logged };
}

describe('where it listens', () => {
  test('is shown on a terminal, with what to try next', () => {
    const { shown, logged } = show(DEFAULT_ADDRESS, { isTTY: true });
    expect(shown).toContain(`Parley listens on ${DEFAULT_ADDRESS}\n`);
    expect(shown).toContain('database: sqlite:data/parley.db\n');
    expect(shown.match(/npx parley .*/g)).toEqual([
      'npx parley register ann',
      'npx parley --profile bob register bob',
      'npx parley --profile bob chat ann',
    ]);
    expect(logged).toBe('');
  });

  test.each(['127.0.0.1:50052', '[::1]:50051', '10.0.0.7:50051'])(
    'is part of what to try, where it is %s',
    (address) => {
      const { shown } = show(address, { isTTY: true });
      const commands = shown.match(/npx parley .*/g) ?? [];
      expect(commands).toHaveLength(3);
      for (const command of commands) expect(command.startsWith(`npx parley --server ${address} `)).toBe(true);
    },
  );

  test('is one JSON line elsewhere', () => {
    const { shown, logged } = show('127.0.0.1:50052', { isTTY: false });
    expect(shown).toBe('');
    expect(logged.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(logged)).toMatchObject({
      msg: 'listening',
      address: '127.0.0.1:50052',
      database: 'sqlite:data/parley.db',
      next: expect.arrayContaining(['npx parley --server 127.0.0.1:50052 register ann']),
    });
  });

  test.each([true, false])('never comes with a password (on a terminal: %s)', (isTTY) => {
    const { shown, logged } = show(DEFAULT_ADDRESS, { isTTY, databaseUrl: 'mysql://ann:secret@db:3306/parley' });
    expect(shown + logged).toContain('mysql://ann:***@db:3306/parley');
    expect(shown + logged).not.toContain('secret');
  });
});

describe('the help', () => {
  test('has every setting with its default and its meaning', () => {
    const lines = helpText().split('\n');
    for (const { variable, fallback, help } of describeSettings()) {
      const at = lines.findIndex((line) => line.trimStart().startsWith(`${variable} `));
      expect(lines[at]?.endsWith(`  ${help}`)).toBe(true);
      expect(lines[at + 1]?.trim()).toBe(`default: ${fallback || 'none'}`);
    }
  });

  test('is aligned, and names the commands', () => {
    const lines = helpText().split('\n');
    const settings = lines.filter((line) => line.startsWith('  PARLEY_'));
    const starts = settings.map((line) => /^ {2}PARLEY_\w+ +/.exec(line)?.[0].length);
    expect(settings).toHaveLength(describeSettings().length);
    expect(new Set(starts).size).toBe(1);
    for (const command of ['serve', 'migrate'])
      expect(lines.some((line) => line.startsWith(`  ${command} `))).toBe(true);
  });
});
