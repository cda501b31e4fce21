import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { int64 } from './int64.ts';
import { User } from './user.ts';

@Entity('friend')
@Index('friend_friend', ['friendId'])
@Index('friend_status', ['status', 'createdAt'])
export class Friend {
  @PrimaryColumn({ name: 'user_id', ...int64 })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'friend_user_fk' })
  user!: Relation<User>;

  @PrimaryColumn({ name: 'friend_id', ...int64 })
  friendId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'friend_id', foreignKeyConstraintName: 'friend_friend_fk' })
  friend!: Relation<User>;

  /** A friend status of codes.ts. */
  @Column({ type: 'smallint' })
  status!: number;

  /** When the row got this status. */
  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;
}
