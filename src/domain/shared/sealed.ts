/**
 * Personal data as it stands in an event: AES-256-GCM under a key of its subject that can be destroyed.
 * `iv`, `ct` and `tag` are base64url. `kid` names the subject whose key opens it.
 */
export interface Sealed {
  readonly kid: string;
  readonly iv: string;
  readonly ct: string;
  readonly tag: string;
}
