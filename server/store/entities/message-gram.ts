import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** That a message's text has a word with this beginning, or these characters side by side; search/grams.ts makes them. */
@Entity('message_gram', { withoutRowid: true })
@Index('message_gram_message', ['conversationId', 'seq'])
export class MessageGram {
  @PrimaryColumn({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @PrimaryColumn({ ...int64 })
  gram!: number;

  @PrimaryColumn({ ...int64 })
  seq!: number;

  /** The message's: results are put in order without a look at the messages. */
  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;
}
