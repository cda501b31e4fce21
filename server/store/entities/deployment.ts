import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Facts about this database as a whole, such as the log epoch. */
@Entity('deployment')
export class Deployment {
  @PrimaryColumn({ type: 'varchar', length: 64 })
  name!: string;

  @Column({ type: 'varchar', length: 255 })
  value!: string;
}
