export const LEADERSHIP = Symbol('Leadership');

export interface Candidacy {
  isLeading(): boolean;
  /** Stands down: aborts the running term, waits for it to return, and lets another process take over. */
  stop(): Promise<void>;
}

/** At most one process leads a role at a time; when it dies or loses its connection, another takes over within seconds. */
export interface Leadership {
  /**
   * Stands for `role` until stopped. `lead` runs once for each term: it must return soon after `term` aborts (leadership
   * lost or standing down). When it returns or throws before that, it is called again after a pause while the role is held.
   */
  stand(role: string, lead: (term: AbortSignal) => Promise<void>): Candidacy;
}
