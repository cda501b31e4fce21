import { Column, Entity, PrimaryColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** How far a conversation's log is indexed. */
@Entity('search_progress')
export class SearchProgress {
  @PrimaryColumn({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @Column({ name: 'indexed_seq', ...int64 })
  indexedSeq!: number;
}
