import type { AccountStore } from '../store/seam/accounts.ts';
import type { Events } from '../telemetry/events.ts';
import type { Streams } from './streams.ts';

export interface AccountNewsParts {
  readonly accounts: Pick<AccountStore, 'byId'>;
  readonly streams: Pick<Streams, 'nameUser'>;
  readonly events: Events;
}

/**
 * Lets the streams here send under the new name of their user. The name is looked up when the change is told, one
 * look-up after the other: the last change is told last.
 */
export class AccountNews {
  readonly #parts: AccountNewsParts;
  readonly #due = new Set<number>();
  #telling = false;

  constructor(parts: AccountNewsParts) {
    this.#parts = parts;
  }

  changed(userId: number): void {
    this.#due.add(userId);
    if (!this.#telling) void this.#tellAll();
  }

  async #tellAll(): Promise<void> {
    const { accounts, streams, events } = this.#parts;
    this.#telling = true;
    for (const userId of this.#due) {
      this.#due.delete(userId);
      try {
        const user = await accounts.byId(userId);
        if (user !== undefined) streams.nameUser(user);
      } catch (cause) {
        // Lost, as on the bus: the log has the present name.
        events.workFailed('telling of a changed account', cause);
      }
    }
    this.#telling = false;
  }
}
