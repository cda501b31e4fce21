import type { Being, Standing } from '../cluster/roster.ts';
import type { Clock } from '../lib/clock.ts';
import { IdleWatch } from './idle-watch.ts';
import type { OpenStatus } from './presence.ts';

interface LocalUser {
  streams: number;
  away: boolean;
  told: Being | null;
}

/** @param was how the user was here before */
export type LocalChange = (userId: number, status: OpenStatus, was: OpenStatus) => void;

/** The users with streams on this replica, and those who have left it and of whom friends were not told yet. */
export class LocalUsers {
  readonly #users = new Map<number, LocalUser>();
  readonly #idle: IdleWatch;
  readonly #changed: LocalChange;

  /** @param awayAfterMs who does nothing for so long, on any stream, is away */
  constructor(clock: Clock, awayAfterMs: number, changed: LocalChange) {
    this.#idle = new IdleWatch(clock, awayAfterMs, (userId) => this.#setAway(userId, true));
    this.#changed = changed;
  }

  arrive(userId: number): void {
    const user = this.#users.get(userId);
    if (user !== undefined && user.streams > 0) {
      user.streams += 1;
      this.active(userId);
      return;
    }
    this.#users.set(userId, { streams: 1, away: false, told: user?.told ?? null });
    this.#idle.touch(userId);
    this.#changed(userId, 'online', 'offline');
  }

  active(userId: number): void {
    if (this.status(userId) === 'offline') return;
    this.#idle.touch(userId);
    this.#setAway(userId, false);
  }

  leave(userId: number): void {
    const user = this.#users.get(userId);
    if (user === undefined || user.streams === 0) return;
    user.streams -= 1;
    if (user.streams > 0) return;
    if (user.told === null) this.#users.delete(userId);
    this.#idle.forget(userId);
    this.#changed(userId, 'offline', user.away ? 'away' : 'online');
  }

  status(userId: number): OpenStatus {
    const { is } = this.standing(userId) ?? { is: null };
    return is ?? 'offline';
  }

  /** Null for who is not here, and told of as gone. */
  standing(userId: number): Standing | null {
    const user = this.#users.get(userId);
    if (user === undefined) return null;
    const being = user.away ? 'away' : 'online';
    return { is: user.streams > 0 ? being : null, told: user.told };
  }

  /** What friends were told of how the user is here. */
  settle(userId: number, told: Being | null): void {
    // Who left while friends were being told that they are here: that they are gone is still to be told.
    const user = this.#users.get(userId) ?? { streams: 0, away: false, told };
    user.told = told;
    if (user.streams === 0 && told === null) this.#users.delete(userId);
    else this.#users.set(userId, user);
  }

  /** All that have a standing. */
  ids(): number[] {
    return [...this.#users.keys()];
  }

  /** Those with streams. */
  present(): number[] {
    return this.ids().filter((userId) => this.status(userId) !== 'offline');
  }

  /** Everybody leaves, and nobody is told. */
  close(): void {
    this.#idle.close();
    for (const [userId, user] of this.#users) {
      user.streams = 0;
      if (user.told === null) this.#users.delete(userId);
    }
  }

  #setAway(userId: number, away: boolean): void {
    const user = this.#users.get(userId);
    if (user === undefined || user.away === away) return;
    user.away = away;
    this.#changed(userId, away ? 'away' : 'online', away ? 'online' : 'away');
  }
}
