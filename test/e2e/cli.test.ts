import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Message } from '../../clients/node/index.ts';
import { CliTerminal, runParley } from '../sdk/run-parley.ts';
import type { CliResult } from '../sdk/run-parley.ts';
import { ServerProcess } from '../cluster/server-process.ts';
import { makeTempFolder, removeTempFolder } from '../setup/temp-folder.ts';

const PASSWORD = 'correct horse battery';

let server: ServerProcess;
let home: string;

beforeAll(async () => {
  server = await ServerProcess.start();
  home = await makeTempFolder('cli');
}, 60_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await removeTempFolder(home);
});

const envOf = (profile: string): Record<string, string> => ({
  XDG_CONFIG_HOME: home,
  PARLEY_PROFILE: profile,
  PARLEY_SERVER: server.address,
});

/** Runs a command as a user that has a profile. */
function as(profile: string, args: readonly string[], input = ''): Promise<CliResult> {
  return runParley(args, { env: envOf(profile), input });
}

async function ok(profile: string, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await as(profile, args, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const textsOf = (jsonLines: string): unknown[] =>
  jsonLines
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as Message).body)
    .map((body) => (body.kind === 'content' ? body.content.text : body.kind));

// The tests tell one story: each goes on where the one before has ended.
describe('a new user with two terminals', () => {
  test('registers, and is logged in', async () => {
    expect(await ok('ann', ['register', 'ann'], `${PASSWORD}\n`)).toContain('welcome, ann');
    expect(await ok('ann', ['whoami'])).toContain(`ann (user 1) at ${server.address}`);
    const path = join(home, 'parley', 'ann.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain(PASSWORD);
  });

  test('types the password unseen, twice', async () => {
    await using terminal = new CliTerminal(['register', 'bob'], envOf('bob'));
    await terminal.shows('Password: ');
    terminal.type(`${PASSWORD}\r`);
    await terminal.shows('Again: ');
    terminal.type(`${PASSWORD}\r`);
    await terminal.shows('welcome, bob');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown).not.toContain(PASSWORD);
  });

  test('finds a friend', async () => {
    expect(await ok('ann', ['friends', 'add', 'bob'])).toContain('asked bob');
    expect(await ok('bob', ['friends', 'requests'])).toContain('parley friends accept ann');
    expect(await ok('bob', ['friends', 'accept', 'ann'])).toContain('ann is now your friend');
    const friends = JSON.parse(await ok('ann', ['friends', 'list', '--json'])) as unknown;
    expect(friends).toMatchObject([{ account: { name: 'bob' }, presence: { state: 'offline' } }]);
  });

  test('talks, while the other does', async () => {
    await using ann = new CliTerminal(['chat', 'bob'], envOf('ann'));
    await ann.shows('talking with bob');
    await using bob = new CliTerminal(['chat', '@ann'], envOf('bob'));
    await bob.shows('talking with ann');
    ann.type('hello bob\r');
    await bob.shows('ann: hello bob');
    ann.type('half a li');
    await ann.shows('half a li');
    bob.type('hi ann\r');
    await ann.shows('bob: hi ann');
    // What was being typed is shown again, below what came.
    await ann.shows('> half a li');
    ann.type('ne\r');
    await bob.shows('ann: half a line');
    ann.type('\u0004');
    expect(await ann.ended()).toBe(0);
    bob.type('\u0004');
    expect(await bob.ended()).toBe(0);
  });

  test('gets what was missed, once', async () => {
    expect(await ok('bob', ['send', 'ann', 'are', 'you', 'there?'])).toContain('sent to ann');
    await ok('bob', ['send', 'ann', '-'], 'two\nlines\n');
    expect(await ok('ann', ['conversations'])).toMatch(/bob +2 new/);
    await using ann = new CliTerminal(['chat', 'bob'], envOf('ann'));
    await ann.shows('while you were away');
    await ann.shows('bob: are you there?');
    await ann.shows('bob: two\r\n    lines');
    await ann.shows('you are up to date');
    ann.type('\u0004');
    expect(await ann.ended()).toBe(0);
    await using again = new CliTerminal(['chat', 'bob'], envOf('ann'));
    await again.shows('talking with bob');
    expect(again.shown).not.toContain('are you there?');
  });

  test('talks without a terminal, too', async () => {
    await ok('bob', ['tail', '--timeout', '1']);
    await ok('ann', ['chat', 'bob'], 'one\n\ntwo\n');
    const lines = await ok('bob', ['tail', '--json', '--count', '2', '--timeout', '10']);
    expect(textsOf(lines)).toEqual(['one', 'two']);
    const late = await as('bob', ['tail', '--count', '1', '--timeout', '1']);
    expect(late).toMatchObject({ code: 1, stderr: 'parley: 0 of 1 entries came in 1 s\n' });
  });

  test('follows everything until Ctrl-C', async () => {
    await using bob = new CliTerminal(['tail'], envOf('bob'));
    await ok('ann', ['send', 'bob', 'three']);
    await bob.shows('ann: three');
    bob.type('\u0003');
    expect(await bob.ended()).toBe(0);
  });

  test('makes a group, and sees who comes and goes', async () => {
    expect(await ok('ann', ['groups', 'create', 'team'])).toContain('made group #1 team');
    await using ann = new CliTerminal(['chat', '#1'], envOf('ann'));
    await ann.shows('talking with team');
    expect(await ok('ann', ['groups', 'invite', '#1', 'bob'])).toBe('bob is in #1\n');
    await ann.shows('* bob was invited by ann');
    await ok('bob', ['send', 'group:1', 'hi', 'all']);
    await ann.shows('bob: hi all');
    expect(JSON.parse(await ok('bob', ['groups', 'members', '1', '--json']))).toMatchObject([
      { account: { name: 'ann' }, role: 'owner' },
      { account: { name: 'bob' }, role: 'member' },
    ]);
    await ok('bob', ['groups', 'leave', 'group:1']);
    await ann.shows('* bob left');
    const refused = await as('bob', ['send', '#1', 'still there?']);
    expect(refused.code).toBe(1);
  });

  test('reads the history, from either end', async () => {
    const all = JSON.parse(await ok('ann', ['history', 'bob', '--json'])) as Message[];
    expect(all.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await ok('ann', ['history', 'bob', '--limit', '1'])).toMatch(/^8 {2}\[.*\] ann: three\n$/);
    expect(await ok('ann', ['history', 'bob', '--after', '0', '--limit', '1'])).toMatch(
      /^1 {2}\[.*\] ann: hello bob\n$/,
    );
    expect(await ok('ann', ['history', 'bob', '--before', '3', '--limit', '1'])).toMatch(/^2 .*hi ann\n$/);
  });

  test('keeps writing while the server is away', async () => {
    await using ann = new CliTerminal(['chat', 'bob'], envOf('ann'));
    await ann.shows('talking with bob');
    await server.kill();
    await ann.shows('the connection is lost');
    ann.type('into the void\r');
    await server.start();
    await ann.shows('connected again');
    ann.type('\u0004');
    expect(await ann.ended()).toBe(0);
    expect(await ok('bob', ['history', 'ann', '--limit', '1'])).toContain('ann: into the void');
  });

  test('logs out', async () => {
    await ok('bob', ['logout']);
    expect(await as('bob', ['friends', 'list'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'parley: not logged in: parley login NAME (or parley register NAME)\n',
    });
    expect(await ok('bob', ['login', 'BOB'], `${PASSWORD}\n`)).toBe('logged in as bob\n');
  });
});

describe('what goes wrong', () => {
  test.each([
    [['login', 'ann'], 'not the password\n', 1, 'wrong name or password'],
    [['register', 'ann'], `${PASSWORD}\n`, 1, 'this name is taken'],
    [['register', 'x'], `${PASSWORD}\n`, 1, 'name: '],
    [['chat', 'nobody'], '', 1, 'there is no user nobody'],
    [['chat', '#99'], '', 1, 'no such group'],
    [['history', 'ann', '--limit', '0'], '', 2, '--limit takes a whole number from 1 up'],
    [['groups', 'join', 'team'], '', 2, 'a group is named'],
    [['send', 'bob'], '', 2, "missing required argument 'text'"],
    [['dance'], '', 2, "unknown command 'dance'"],
    [['--server', '127.0.0.1:1', 'friends', 'list'], '', 1, 'can not reach the server at 127.0.0.1:1'],
  ])('%j says so in a line', async (args, input, code, message) => {
    const result = await as('bob', args, input);
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toContain(`parley: ${message}`);
    expect(result.stderr).not.toContain('    at ');
  });

  test('what others write does nothing to the terminal', async () => {
    await ok('bob', ['send', 'ann', '-'], '\u001b]0;owned\u0007\u202e');
    const shown = await ok('ann', ['history', 'bob', '--limit', '1']);
    expect(shown).toContain('bob: \\u001b]0;owned\\u0007\\u202e\n');
  });

  test('every command has help with an example', async () => {
    const commands = ['register', 'login', 'logout', 'whoami', 'send', 'chat', 'tail', 'history', 'conversations'];
    const friends = ['add', 'accept', 'decline', 'remove', 'list', 'requests'].map((verb) => `friends ${verb}`);
    const groups = ['create', 'join', 'invite', 'leave', 'list', 'members', 'show'].map((verb) => `groups ${verb}`);
    for (const command of [...commands, ...friends, ...groups]) {
      const help = await ok('ann', [...command.split(' '), '--help']);
      expect(help).toMatch(/Examples?:\n {2}\$ .*parley/);
    }
  }, 60_000);
});
