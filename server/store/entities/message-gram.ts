import { Entity, PrimaryColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** That a message's text has two folded characters side by side: `first code point * 2^21 + second`. */
@Entity('message_gram')
export class MessageGram {
  @PrimaryColumn({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @PrimaryColumn({ ...int64 })
  gram!: number;

  @PrimaryColumn({ ...int64 })
  seq!: number;
}
