import type { Person } from './names.ts';
import {
  GROUP_NOT_FOUND,
  OWNER_CANNOT_LEAVE,
  RECIPIENT_UNAVAILABLE,
  type Refusal,
  ROLE_INSUFFICIENT,
  USER_NOT_FOUND,
} from './refusals.ts';
import type { MembershipKind, Role, SeenBody } from './seen.ts';

/** What happens in a group: an entry of its log, and whom it lets in or out. */
export interface GroupEvent {
  readonly body: SeenBody;
  readonly enters?: Person;
  readonly exits?: readonly Person[];
}

/** What a request to the group comes to: nothing, where it is so already; or why it is refused. */
export type Outcome = readonly GroupEvent[] | Refusal;

/** An open group: who is what in it, and who may do what. Once the last one has left it is over. */
export class GroupModel {
  readonly roles = new Map<Person, Role>();
  historyVisible = false;
  #owner: Person;

  constructor(founder: Person) {
    this.#owner = founder;
  }

  found(): GroupEvent {
    return this.#enter(this.#owner, 'joined', 'owner');
  }

  join(by: Person): Outcome {
    if (this.roles.size === 0) return GROUP_NOT_FOUND;
    return this.roles.has(by) ? [] : [this.#enter(by, 'joined', 'member')];
  }

  /** `wasMember`: those who left know of a group that is over. */
  leave(by: Person, wasMember: boolean): Outcome {
    const role = this.roles.get(by);
    if (role === undefined) return this.roles.size === 0 && !wasMember ? GROUP_NOT_FOUND : [];
    if (role === 'owner' && this.roles.size > 1) return OWNER_CANNOT_LEAVE;
    return [this.#exit(by, 'left')];
  }

  /** `apart`: one of the two has blocked the other. */
  invite(by: Person, whom: Person, apart: boolean): Outcome {
    if (!this.roles.has(by)) return GROUP_NOT_FOUND;
    if (this.roles.has(whom)) return [];
    return apart ? RECIPIENT_UNAVAILABLE : [this.#enter(whom, 'invited', 'member')];
  }

  remove(by: Person, whom: Person): Outcome {
    const role = this.roles.get(whom);
    const allowed = {
      member: false,
      admin: role === undefined || role === 'member',
      owner: by !== whom,
    };
    const refusal = this.#refusal(by, allowed);
    if (refusal !== null) return refusal;
    return role === undefined ? [] : [this.#exit(whom, 'removed')];
  }

  setRole(by: Person, whom: Person, role: Exclude<Role, 'owner'>): Outcome {
    const refusal = this.#refusal(by, { member: false, admin: false, owner: by !== whom });
    if (refusal !== null) return refusal;
    const before = this.roles.get(whom);
    if (before === undefined) return USER_NOT_FOUND;
    return before === role ? [] : [this.#becomes(whom, role)];
  }

  /** The owner's repeat comes from the admin that they have become. */
  transfer(by: Person, whom: Person): Outcome {
    const before = this.roles.get(whom);
    const refusal = this.#refusal(by, { member: false, admin: before === 'owner', owner: true });
    if (refusal !== null) return refusal;
    if (before === undefined) return USER_NOT_FOUND;
    return before === 'owner' ? [] : [this.#becomes(whom, 'owner'), this.#becomes(by, 'admin')];
  }

  showHistory(by: Person, visible: boolean): Outcome {
    const refusal = this.#refusal(by, { member: false, admin: true, owner: true });
    if (refusal !== null) return refusal;
    if (this.historyVisible === visible) return [];
    this.historyVisible = visible;
    return [{ body: { kind: 'history', visible } }];
  }

  /** For the owner; once more where it is done. */
  end(by: Person): Outcome {
    if (this.roles.size === 0 && this.#owner === by) return [];
    const refusal = this.#refusal(by, { member: false, admin: false, owner: true });
    if (refusal !== null) return refusal;
    const exits = [...this.roles.keys()];
    this.roles.clear();
    return [{ body: { kind: 'ended' }, exits }];
  }

  #refusal(by: Person, allowed: Readonly<Record<Role, boolean>>): Refusal | null {
    const role = this.roles.get(by);
    if (role === undefined) return GROUP_NOT_FOUND;
    return allowed[role] ? null : ROLE_INSUFFICIENT;
  }

  #enter(whom: Person, change: MembershipKind, role: Role): GroupEvent {
    this.roles.set(whom, role);
    return { body: { kind: 'membership', change, whom, role }, enters: whom };
  }

  #exit(whom: Person, change: MembershipKind): GroupEvent {
    this.roles.delete(whom);
    return { body: { kind: 'membership', change, whom, role: null }, exits: [whom] };
  }

  #becomes(whom: Person, role: Role): GroupEvent {
    this.roles.set(whom, role);
    if (role === 'owner') this.#owner = whom;
    return { body: { kind: 'membership', change: 'role_changed', whom, role } };
  }
}
