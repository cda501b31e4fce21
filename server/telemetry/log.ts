import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

export type { Logger } from 'pino';

export type LogFormat = 'auto' | 'json' | 'pretty';

/** A logger to stdout: JSON lines, or readable ones on a terminal (`auto`). */
export function createLog(options: { level: string; format: LogFormat; replica: string }): Logger {
  const pretty = options.format === 'pretty' || (options.format === 'auto' && process.stdout.isTTY);
  const base = { replica: options.replica };
  if (!pretty) return pino({ level: options.level, base });
  const stream = PinoPretty({
    colorize: process.stdout.isTTY,
    ignore: 'pid,hostname,replica',
    translateTime: 'HH:MM:ss',
  });
  return pino({ level: options.level, base }, stream);
}
