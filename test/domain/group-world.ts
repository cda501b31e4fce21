import { createGroup, type NewGroup } from '../../server/groups/create-group.ts';
import { Groups } from '../../server/groups/groups.ts';
import { Membership } from '../../server/groups/membership.ts';
import { Roles } from '../../server/groups/roles.ts';
import type { EntryBody } from '../../server/store/seam/entry.ts';
import type { GroupRecord, GroupRole, UserRecord } from '../../server/store/seam/records.ts';
import type { Store } from '../../server/store/seam/store.ts';
import { Domain } from './domain.ts';

export interface People {
  readonly ann: UserRecord;
  readonly bob: UserRecord;
  readonly cyd: UserRecord;
  readonly dan: UserRecord;
}

/** Four people, what they do to groups, and what the groups' logs say of it. */
export class GroupWorld {
  readonly domain: Domain;
  readonly groups: Groups;
  readonly membership: Membership;
  readonly roles: Roles;
  readonly people: People;

  static async make(store: Store): Promise<GroupWorld> {
    const domain = new Domain(store);
    const [ann, bob, cyd, dan] = [
      await domain.makeUser(),
      await domain.makeUser(),
      await domain.makeUser(),
      await domain.makeUser(),
    ];
    return new GroupWorld(domain, { ann, bob, cyd, dan });
  }

  constructor(domain: Domain, people: People) {
    this.domain = domain;
    this.people = people;
    this.groups = new Groups(domain.store);
    this.membership = new Membership(domain);
    this.roles = new Roles(domain);
  }

  get store(): Store {
    return this.domain.store;
  }

  /** An open group of Ann's; `members` are invited, in this order. */
  async group(settings: Partial<NewGroup> = {}, members: readonly UserRecord[] = []): Promise<GroupRecord> {
    const plain: NewGroup = { name: 'team', description: '', joinPolicy: 'open', memberLimit: 0, requestId: '' };
    const group = await createGroup(this.domain, this.people.ann, { ...plain, ...settings });
    for (const member of members) await this.membership.invite(this.people.ann, group.id, member.id);
    return group;
  }

  /** The log of a group: who did what to whom, and what was changed. */
  async story({ conversationId }: GroupRecord): Promise<string[]> {
    const entries = await this.store.log.read(conversationId, 0, { limit: 1_000, maxBytes: 1e9 });
    return entries.map(({ seq, senderId, body }) => `${seq} ${this.#nameOf(senderId)} ${this.#deed(body)}`);
  }

  /** Who is in a group, as what. */
  async members({ id }: GroupRecord): Promise<Record<string, GroupRole>> {
    const members = await this.store.groups.members(id, { afterId: 0, limit: 1_000 });
    return Object.fromEntries(members.map(({ user, member }) => [this.#nameOf(user.id), member.role]));
  }

  /** Who asks to join. */
  async waiting({ id }: GroupRecord): Promise<string[]> {
    const requests = await this.store.groups.joinRequests(id, { afterId: 0, limit: 1_000 });
    return requests.map(({ user }) => this.#nameOf(user.id));
  }

  async version({ conversationId }: GroupRecord): Promise<number> {
    return (await this.store.log.heads([conversationId]))[0]?.membersVersion ?? NaN;
  }

  /** Forgets what was published, and gives it: entries by their seq, membership events by the user they are for. */
  told(): string[] {
    return this.domain.bus.published.splice(0).map(({ channel, event }) => {
      if (event.type === 'entry') return `${channel.split(':')[0]} ${event.entry.seq} v${event.membersVersion}`;
      return event.type === 'membership' ? `${this.#nameOf(event.userId)} looks` : event.type;
    });
  }

  #nameOf(userId: number): string {
    return Object.entries(this.people).find(([, user]: [string, UserRecord]) => user.id === userId)?.[0] ?? 'somebody';
  }

  #deed(body: EntryBody): string {
    if (body.kind === 'group_change') return JSON.stringify(body.changes);
    if (body.kind !== 'membership') return body.kind;
    return `${body.change} ${this.#nameOf(body.userId)}${body.role === null ? '' : ` as ${body.role}`}`;
  }
}
