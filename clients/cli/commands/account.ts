import { hostname } from 'node:os';
import type { Command } from 'commander';
import { login, ParleyApi, ParleyError, register } from '../../node/index.ts';
import { endpointOf, profilePathOf, requireProfile, withApi } from '../account-session.ts';
import { CliError } from '../cli-error.ts';
import { printJson, printLine } from '../output.ts';
import { readPassword } from '../password-prompt.ts';
import { deleteProfile, saveProfile } from '../profile.ts';
import { safeLine } from '../safe-text.ts';

const PASSWORD_HELP = `
The password is asked for without an echo; a script sets PARLEY_PASSWORD or gives it as the first line of stdin.`;

export function addAccountCommands(program: Command): void {
  program
    .command('register')
    .description('open an account, and log in')
    .argument('<name>', '3 to 32 letters, digits, ".", "_" or "-"')
    .addHelpText('after', `${PASSWORD_HELP}\n\nExample:\n  $ parley register ann`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const password = await readPassword(process.env, { isNew: true });
      const account = await register(await endpointOf(command), name, password);
      await logIn(command, account.name, password);
      await printLine(`welcome, ${safeLine(account.name)}: you are registered and logged in`);
    });

  program
    .command('login')
    .description('log in with a name and a password')
    .argument('<name>', 'your name, in any case')
    .addHelpText('after', `${PASSWORD_HELP}\n\nExample:\n  $ parley login ann\n  $ parley --profile work login ann`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const logged = await logIn(command, name, await readPassword(process.env, { isNew: false }));
      await printLine(`logged in as ${safeLine(logged)}`);
    });

  program
    .command('logout')
    .description('log out: the token stops working')
    .addHelpText('after', '\nExample:\n  $ parley logout')
    .action(async (_options: unknown, command: Command) => {
      const profile = await requireProfile(command);
      using api = new ParleyApi({ ...(await endpointOf(command, profile)), token: profile.token });
      try {
        await api.auth.logout();
      } catch (error) {
        // The token has stopped working before: what is left is to forget it.
        if (!(error instanceof ParleyError && error.code === 'UNAUTHENTICATED')) throw error;
      }
      await deleteProfile(profilePathOf(command));
      await printLine(`logged out, ${safeLine(profile.name)}`);
    });

  program
    .command('whoami')
    .description('show who is logged in, and where')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ parley whoami')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      await withApi(command, async (api, profile) => {
        const { address } = await endpointOf(command, profile);
        const account = await api.auth.getAccount();
        if (json) await printJson({ ...account, server: address });
        else await printLine(`${safeLine(account.name)} (user ${account.id}) at ${address}`);
      });
    });
}

/** Logs in and keeps the token. Returns the name as it was registered. */
async function logIn(command: Command, name: string, password: string): Promise<string> {
  const path = profilePathOf(command);
  const endpoint = await endpointOf(command);
  const deviceName = `parley on ${hostname()}`.slice(0, 64);
  const { token, account } = await login(endpoint, { name, password, deviceName });
  try {
    await saveProfile(path, { server: endpoint.address, token, userId: account.id, name: account.name });
  } catch (error) {
    throw new CliError(`logged in, but ${path} can not be written: ${(error as Error).message}`, { cause: error });
  }
  return account.name;
}
