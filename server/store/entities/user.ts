import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { int64 } from './int64.ts';

@Entity('user')
@Index('user_folded_name', ['foldedName'], { unique: true })
@Index('user_presence', ['replica', 'incarnation'])
export class User {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id!: number;

  @Column({ type: 'varchar', length: 255 })
  name!: string;

  /** What makes a name unique; compared byte by byte. */
  @Column({ name: 'folded_name', type: 'varchar', length: 255 })
  foldedName!: string;

  @Column({ name: 'password_hash', type: 'varchar', length: 255 })
  passwordHash!: string;

  /** An account state of codes.ts. */
  @Column({ type: 'smallint', default: 1 })
  state!: number;

  /** 1: nobody is told whether the user is there. */
  @Column({ name: 'presence_hidden', type: 'smallint', default: 0 })
  presenceHidden!: number;

  /** When the user's presence last changed; 0: never there. */
  @Column({ name: 'last_seen_at', ...int64, default: 0 })
  lastSeenAt!: number;

  /** Where the user is online; null while offline. */
  @Column({ type: 'varchar', length: 128, nullable: true })
  replica!: string | null;

  @Column({ type: 'varchar', length: 128, nullable: true })
  incarnation!: string | null;

  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;
}
