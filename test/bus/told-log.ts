import { pino } from 'pino';

import { Events } from '../../server/telemetry/events.ts';

interface LogLine {
  readonly msg: string;
  readonly err?: { readonly message: string };
  readonly downMs?: number;
  readonly lost?: number;
}

/** Events that are kept as the operator would see them. */
export class ToldLog {
  readonly lines: LogLine[] = [];
  readonly events = new Events(
    pino({ level: 'info' }, { write: (line) => void this.lines.push(JSON.parse(line) as LogLine) }),
  );

  get messages(): string[] {
    return this.lines.map(({ msg }) => msg);
  }
}
