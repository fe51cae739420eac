export interface EraseSubject {
  readonly type: 'EraseSubject';
  readonly subjectId: string;
  readonly customerId: string;
  /** Mandatory: why, and who asked. It stays in the log for ever. */
  readonly note: string;
}
export type PrivacyCommand = EraseSubject;
