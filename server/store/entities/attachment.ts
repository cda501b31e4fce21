import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { int64 } from './int64.ts';

/** A file that is being uploaded to a conversation, or has been. Its bytes are in the blob store, in parts. */
@Entity('attachment')
@Index('attachment_request', ['uploaderId', 'requestId'], { unique: true })
@Index('attachment_message', ['conversationId', 'messageSeq'])
@Index('attachment_touched', ['messageSeq', 'touchedAt'])
export class Attachment {
  @PrimaryGeneratedColumn('increment', { type: 'bigint' })
  id!: number;

  @Column({ name: 'conversation_id', ...int64 })
  conversationId!: number;

  @Column({ name: 'uploader_id', ...int64 })
  uploaderId!: number;

  @Column({ name: 'request_id', type: 'binary', length: 16 })
  requestId!: Buffer;

  @Column({ name: 'file_name', type: 'varchar', length: 255 })
  fileName!: string;

  @Column({ name: 'media_type', type: 'varchar', length: 127 })
  mediaType!: string;

  @Column({ name: 'size_bytes', ...int64 })
  sizeBytes!: number;

  /** What the uploader says; checked before the upload is complete. */
  @Column({ type: 'binary', length: 32 })
  sha256!: Buffer;

  /** An upload state of codes.ts. */
  @Column({ type: 'smallint' })
  state!: number;

  /** How many bytes, in whole parts, the blob store has. */
  @Column({ name: 'received_bytes', ...int64, default: 0 })
  receivedBytes!: number;

  /** The message that carries it; null while none does. */
  @Column({ name: 'message_seq', ...int64, nullable: true })
  messageSeq!: number | null;

  @Column({ name: 'created_at', ...int64 })
  createdAt!: number;

  /** When its bytes last grew, or when it lost its message: an orphan is collected some time after it. */
  @Column({ name: 'touched_at', ...int64 })
  touchedAt!: number;
}
