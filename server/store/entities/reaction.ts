import { Column, Entity, PrimaryColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** That a user reacts to a message, at present; the log tells how it came to that. */
@Entity('reaction')
export class Reaction {
  @PrimaryColumn({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @PrimaryColumn({ name: 'target_seq', ...int64 })
  targetSeq!: number;

  @PrimaryColumn({ name: 'user_id', ...int64 })
  userId!: number;

  @PrimaryColumn({ type: 'varchar', length: 64 })
  emoji!: string;

  /** The entry that says so. */
  @Column({ ...int64 })
  seq!: number;
}
