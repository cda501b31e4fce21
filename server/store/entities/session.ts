import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { int64 } from './int64.ts';
import { User } from './user.ts';

@Entity('session')
@Index('session_token_hash', ['tokenHash'], { unique: true })
@Index('session_user', ['userId'])
@Index('session_expires', ['expiresAt'])
export class Session {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id!: number;

  /** SHA-256 of the token. */
  @Column({ name: 'token_hash', type: 'binary', length: 32 })
  tokenHash!: Buffer;

  @Column({ name: 'user_id', ...int64 })
  userId!: number;

  @ManyToOne(() => User, { onDelete: 'CASCADE', onUpdate: 'NO ACTION' })
  @JoinColumn({ name: 'user_id', foreignKeyConstraintName: 'session_user_fk' })
  user!: Relation<User>;

  @Column({ name: 'device_name', type: 'varchar', length: 255 })
  deviceName!: string;

  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;

  @Column({ name: 'last_used_at', ...int64 })
  lastUsedAt!: number;

  @Column({ name: 'expires_at', ...int64 })
  expiresAt!: number;
}
