import { CreateTables1764000000000 } from './1764000000000-create-tables.ts';
import { ChatDomain1764100000000 } from './1764100000000-chat-domain.ts';

/** Every migration, oldest first. Those that were released never change. */
export const allMigrations = [CreateTables1764000000000, ChatDomain1764100000000] as const;
