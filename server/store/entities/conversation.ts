import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** The head of a log. Who writes to the log or changes who may, locks this row first. */
@Entity('conversation')
@Index('conversation_direct_key', ['directKey'], { unique: true })
@Index('conversation_group', ['groupId'], { unique: true })
@Index('conversation_last_activity', ['lastActivity'])
export class Conversation {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id!: number;

  /** A conversation kind of codes.ts. */
  @Column({ type: 'smallint' })
  kind!: number;

  /** "low:high" of the two user ids; null for groups. */
  @Column({ name: 'direct_key', type: 'varchar', length: 40, nullable: true })
  directKey!: string | null;

  @Column({ name: 'group_id', ...int64, nullable: true })
  groupId!: number | null;

  @Column({ name: 'first_seq', ...int64, default: 1 })
  firstSeq!: number;

  @Column({ name: 'last_seq', ...int64, default: 0 })
  lastSeq!: number;

  /** The number of countable entries. */
  @Column({ name: 'last_ordinal', ...int64, default: 0 })
  lastOrdinal!: number;

  /** When an entry was last appended, by the database's clock. */
  @Column({ name: 'last_activity', ...int64, default: 0 })
  lastActivity!: number;

  /** Raised by every change of who may read or write. */
  @Column({ name: 'members_version', ...int64, default: 1 })
  membersVersion!: number;
}
