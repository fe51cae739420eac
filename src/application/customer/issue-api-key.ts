import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { ApiKeyKind } from '../../domain/customer/api-key';
import type { Scope } from '../../domain/customer/events';
import { API_KEY_MINT, type ApiKeyMint } from '../ports/api-key-mint';
import type { Origin } from '../shared/metadata';
import { CustomerStream, type Written } from './customer-stream';

/** What a key of each kind opens. */
const SCOPES: { readonly [kind in ApiKeyKind]: readonly Scope[] } = {
  live: ['messages', 'otp', 'balance'],
  billing: ['billing', 'balance'],
  test: ['messages', 'otp', 'billing', 'balance'],
};

export interface IssuedKey extends Written {
  readonly keyId: string;
  /** The whole key: shown now and never again. */
  readonly plaintext: string;
}

/** @throws DomainError not_found, validation_failed */
export class IssueApiKey extends Command<IssuedKey> {
  constructor(
    readonly origin: Origin,
    readonly customerId: string,
    readonly kind: ApiKeyKind,
    readonly label: string,
    /** ISO; null: never. */
    readonly expiresAt: string | null,
  ) {
    super();
  }
}

@CommandHandler(IssueApiKey)
export class IssueApiKeyHandler implements ICommandHandler<IssueApiKey> {
  constructor(
    @Inject(CustomerStream) private readonly customers: CustomerStream,
    @Inject(API_KEY_MINT) private readonly keys: ApiKeyMint,
  ) {}

  async execute({ origin, customerId, kind, label, expiresAt }: IssueApiKey): Promise<IssuedKey> {
    const { keyId, plaintext, hash } = this.keys.mint(kind);
    const written = await this.customers.carryOut(origin, customerId, {
      type: 'IssueApiKey',
      keyId,
      hash,
      mode: kind === 'test' ? 'test' : 'live',
      scopes: SCOPES[kind],
      label,
      expiresAt,
    });
    return { ...written, keyId, plaintext };
  }
}
