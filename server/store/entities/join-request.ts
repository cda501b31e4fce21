import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { AllGroup } from './all-group.ts';
import { int64 } from './int64.ts';
import { User } from './user.ts';

/** That a user asks to join a group, and waits for an admin. */
@Entity('join_request')
export class JoinRequest {
  @PrimaryColumn({ name: 'group_id', ...int64 })
  groupId!: number;

  @ManyToOne(() => AllGroup, { onDelete: 'CASCADE', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'group_id', foreignKeyConstraintName: 'join_request_group_fk' })
  group!: Relation<AllGroup>;

  @PrimaryColumn({ name: 'user_id', ...int64 })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'join_request_user_fk' })
  user!: Relation<User>;

  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;
}
