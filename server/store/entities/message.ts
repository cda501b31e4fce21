import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { int64 } from './int64.ts';

/**
 * One entry of a log. No foreign keys: their shared locks on `user` and `conversation` deadlock with presence batches,
 * and this code is the only writer.
 */
@Entity('message')
@Index('message_client_id', ['senderId', 'clientMessageId'], { unique: true })
export class Message {
  @PrimaryColumn({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @PrimaryColumn({ ...int64 })
  seq!: number;

  @Column({ ...int64 })
  ordinal!: number;

  @Column({ name: 'sender_id', ...int64 })
  senderId!: number;

  /** A UUID's bytes; null where no client sent the entry. */
  @Column({ name: 'client_message_id', type: 'binary', length: 16, nullable: true })
  clientMessageId!: Buffer | null;

  @Column({ name: 'request_hash', type: 'binary', length: 32, nullable: true })
  requestHash!: Buffer | null;

  /** An entry kind of codes.ts. */
  @Column({ type: 'smallint' })
  kind!: number;

  /** Of a recall, an edit or a reaction: the message it is about. Of a message: the entry that last changed it. */
  @Column({ name: 'target_seq', ...int64, nullable: true })
  targetSeq!: number | null;

  /** How many edits a message has had; of an edit, which one it is. */
  @Column({ type: 'int', default: 0 })
  revision!: number;

  /** The user that a membership entry is about. */
  @Column({ name: 'subject_id', ...int64, nullable: true })
  subjectId!: number | null;

  @Column({ type: 'text', nullable: true })
  text!: string | null;

  @Column({ name: 'media_type', type: 'varchar', length: 127, nullable: true })
  mediaType!: string | null;

  @Column({ type: 'blob', nullable: true })
  payload!: Buffer | null;

  /** What no statement asks for, as JSON: see body-rows.ts. */
  @Column({ type: 'text', nullable: true })
  detail!: string | null;

  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;
}
