import { runLbCommand } from './lb-command.ts';

process.exitCode = await runLbCommand(process.argv.slice(2), process.env);
