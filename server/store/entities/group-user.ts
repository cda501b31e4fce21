import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { AllGroup } from './all-group.ts';
import { int64 } from './int64.ts';
import { User } from './user.ts';

/** One period of membership. */
@Entity('group_user')
@Index('group_user_user', ['userId'])
@Index('group_user_changed', ['changedAt'])
export class GroupUser {
  @PrimaryColumn({ name: 'group_id', ...int64 })
  groupId!: number;

  @ManyToOne(() => AllGroup, { onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'group_id', foreignKeyConstraintName: 'group_user_group_fk' })
  group!: Relation<AllGroup>;

  @PrimaryColumn({ name: 'user_id', ...int64 })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'group_user_user_fk' })
  user!: Relation<User>;

  @PrimaryColumn({ name: 'joined_seq', ...int64 })
  joinedSeq!: number;

  /** The last entry that the user may read; null while a member. */
  @Column({ name: 'left_seq', ...int64, nullable: true })
  leftSeq!: number | null;

  /** A group role of codes.ts. */
  @Column({ type: 'smallint' })
  role!: number;

  /** When the period began, ended or got another role, by the database's clock. */
  @Column({ name: 'changed_at', ...int64 })
  changedAt!: number;
}
