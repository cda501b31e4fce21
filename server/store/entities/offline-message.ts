import { Column, Entity, PrimaryColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** What waits for a user in a conversation: the entries after `deliveredSeq`. No foreign keys: see Message. */
@Entity('offline_message')
export class OfflineMessage {
  @PrimaryColumn({ name: 'user_id', ...int64 })
  userId!: number;

  @PrimaryColumn({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @Column({ name: 'delivered_seq', ...int64 })
  deliveredSeq!: number;

  @Column({ name: 'read_seq', ...int64 })
  readSeq!: number;
}
