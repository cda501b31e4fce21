import { randomUUID } from 'node:crypto';

import { createToken, hashToken } from '../../server/accounts/tokens.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { type Engine, freshDatabase, startServer, type TestServer } from '../cluster/start-server.ts';
import { RawChat } from '../e2e/protocol/raw-chat.ts';
import { RawCaller, RawUser } from '../e2e/protocol/raw-user.ts';
import { Device } from './device.ts';
import { Directory } from './directory.ts';
import { type DeviceName, ownerOf, type Person } from './names.ts';
import { PATIENCE_MS } from './until-told.ts';

const DAY_MS = 86_400_000;

/** Of no password: nobody logs in by one. */
const PASSWORD_HASH = '-';

/** The people of one run, their devices, and a new group that the owner has made. */
export class Cast implements AsyncDisposable {
  readonly devices: ReadonlyMap<DeviceName, Device>;
  readonly directory: Directory;
  /** What has happened so far, in words. */
  readonly story: string[] = [];
  /** What was read last, and how it was, as JSON. */
  readonly seen = new Map<string, string>();
  /** How long to wait for what should come. */
  readonly patienceMs: number;
  readonly #chats: ReadonlySet<RawChat>;

  constructor(
    devices: readonly Device[],
    directory: Directory,
    { chats, patienceMs }: { readonly chats: ReadonlySet<RawChat>; readonly patienceMs: number },
  ) {
    this.patienceMs = patienceMs;
    this.devices = new Map(devices.map((device) => [device.name, device]));
    this.directory = directory;
    this.#chats = chats;
  }

  device(name: DeviceName): Device {
    return this.devices.get(name)!;
  }

  /** Calls of a person, with the token of their first device. */
  user(person: Person): RawUser {
    return this.device(`${person}/1`).user;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#chats].map((chat) => chat[Symbol.asyncDispose]()));
  }
}

/** What is not as usual. */
export interface Conditions {
  /** The store as the server sees it. */
  readonly spoil?: (store: Store) => Store;
  /** How long to wait for what a stream should be told. Default: 4 s. */
  readonly patienceMs?: number;
}

/** A real server on a database of its own, with what is needed to bring new people in by hundreds. */
export class Arena implements AsyncDisposable {
  readonly store: Store;
  readonly #server: TestServer;
  readonly #caller: RawCaller;
  readonly #removeDatabase: () => Promise<void>;
  readonly #patienceMs: number;

  static async open(
    engine: Engine,
    { spoil = (store) => store, patienceMs = PATIENCE_MS }: Conditions = {},
  ): Promise<Arena> {
    const { url, remove } = await freshDatabase(engine);
    const store = await openStore({ url, migrate: true, clock: systemClock });
    const server = await startServer({ engine, overrides: { store: spoil(store) } });
    return new Arena({ store, server, removeDatabase: remove, patienceMs });
  }

  private constructor(parts: {
    readonly store: Store;
    readonly server: TestServer;
    readonly removeDatabase: () => Promise<void>;
    readonly patienceMs: number;
  }) {
    this.store = parts.store;
    this.#server = parts.server;
    this.#caller = new RawCaller(parts.server.address);
    this.#removeDatabase = parts.removeDatabase;
    this.#patienceMs = parts.patienceMs;
  }

  async cast(owner: Person, names: readonly DeviceName[]): Promise<Cast> {
    const chats = new Set<RawChat>();
    const people = new Map<Person, { id: bigint; name: string }>();
    const users: RawUser[] = [];
    for (const name of names) {
      const person = ownerOf(name);
      const account = people.get(person) ?? (await this.#account(person));
      people.set(person, account);
      users.push(await this.#logIn(account, name, chats));
    }
    const group = await users[names.findIndex((name) => ownerOf(name) === owner)]!.createGroup('all');
    const directory = new Directory(new Map([...people].map(([person, { id }]) => [person, id])), group);
    const devices = names.map((name, index) => new Device(name, users[index]!, directory));
    return new Cast(devices, directory, { chats, patienceMs: this.#patienceMs });
  }

  /** Made in the store: what a password costs would be most of a run. */
  async #account(person: Person): Promise<{ id: bigint; name: string }> {
    const name = `${person}-${randomUUID()}`;
    const account = { name, foldedName: name, passwordHash: PASSWORD_HASH, createdAt: 0 };
    const { id } = await this.store.accounts.insert(account);
    return { id: BigInt(id), name };
  }

  async #logIn(account: { id: bigint; name: string }, deviceName: string, chats: Set<RawChat>): Promise<RawUser> {
    const token = createToken();
    const now = Date.now();
    await this.store.sessions.insert({
      tokenHash: hashToken(token),
      userId: Number(account.id),
      passwordHash: PASSWORD_HASH,
      deviceName,
      createdAt: now,
      expiresAt: now + DAY_MS,
    });
    const open = (ofUser: string) => {
      const chat = new RawChat(this.#server.address, ofUser);
      chats.add(chat);
      return chat;
    };
    return new RawUser(account, token, { caller: this.#caller, open });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#caller[Symbol.dispose]();
    await this.#server.stop();
    await this.#removeDatabase();
  }
}
