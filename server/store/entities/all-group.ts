import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Conversation } from './conversation.ts';
import { int64 } from './int64.ts';
import { User } from './user.ts';

@Entity('all_group')
@Index('all_group_request', ['creatorId', 'requestId'], { unique: true })
@Index('all_group_conversation', ['conversationId'], { unique: true })
@Index('all_group_owner', ['ownerId'])
export class AllGroup {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id!: number;

  @Column({ type: 'varchar', length: 255 })
  name!: string;

  @Column({ type: 'varchar', length: 2048 })
  description!: string;

  @Column({ name: 'owner_id', ...int64 })
  ownerId!: number;

  @ManyToOne(() => User, { onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'owner_id', foreignKeyConstraintName: 'all_group_owner_fk' })
  owner!: Relation<User>;

  @Column({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @ManyToOne(() => Conversation, { onDelete: 'NO ACTION', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'conversation_id', foreignKeyConstraintName: 'all_group_conversation_fk' })
  conversation!: Relation<Conversation>;

  @Column({ name: 'member_limit', type: 'int' })
  memberLimit!: number;

  /** A join policy of codes.ts. */
  @Column({ name: 'join_policy', type: 'smallint' })
  joinPolicy!: number;

  /** 1: members may read what was said before they joined. */
  @Column({ name: 'history_visible', type: 'smallint', default: 0 })
  historyVisible!: number;

  /** Who made the group: with the request id, what makes a repeated request recognizable. */
  @Column({ name: 'creator_id', ...int64 })
  creatorId!: number;

  @Column({ name: 'request_id', type: 'binary', length: 16, nullable: true })
  requestId!: Buffer | null;

  @Column({ name: 'request_hash', type: 'binary', length: 32, nullable: true })
  requestHash!: Buffer | null;

  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;
}
