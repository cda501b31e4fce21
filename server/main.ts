const [command, ...rest] = process.argv.slice(2);

// A probe runs every few seconds, so it doesn't load the server.
process.exitCode =
  command === 'probe'
    ? await (await import('./probe-command.ts')).runProbe(rest, process.env)
    : await (await import('./command-line.ts')).runCommand(process.argv.slice(2), process.env);
