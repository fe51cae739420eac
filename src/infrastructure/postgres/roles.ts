/**
 * Whom a connection acts as; made by migration 0001. None owns anything, logs in or bypasses row-level security, and a
 * table names in its migration what each may do with it.
 */
export const DATABASE_ROLES = ['waht_api', 'waht_projector', 'waht_worker'] as const;
export type DatabaseRole = (typeof DATABASE_ROLES)[number];
