import type { CustomerCommand } from '../../../src/domain/customer/commands';
import { customerDecider } from '../../../src/domain/customer/decider';
import type { CustomerEvent } from '../../../src/domain/customer/events';
import { DEFAULT_LIMITS, type CustomerState, type RegisteredCustomer } from '../../../src/domain/customer/state';
import { fold } from '../../../src/domain/shared/decider';

const customerId = 'cus_1';
const registered: CustomerEvent = { type: 'CustomerRegistered', data: { customerId, name: 'Duka' } };
const requested: CustomerEvent = {
  type: 'SenderIdRequested',
  data: { customerId, sender: 'DUKA', class: 'transactional' },
};
const approved: CustomerEvent = { type: 'SenderIdApproved', data: { customerId, sender: 'DUKA', tier: 'tier_1' } };
const chosen: CustomerEvent = { type: 'DefaultSenderChosen', data: { customerId, sender: 'DUKA' } };
const key: Extract<CustomerCommand, { type: 'IssueApiKey' }> = {
  type: 'IssueApiKey',
  keyId: 'K1',
  hash: 'aa',
  mode: 'live',
  scopes: ['messages', 'balance'],
  label: 'first',
  expiresAt: null,
};
const issued: CustomerEvent = {
  type: 'ApiKeyIssued',
  data: {
    customerId,
    keyId: 'K1',
    hash: 'aa',
    mode: 'live',
    scopes: ['messages', 'balance'],
    label: 'first',
    expiresAt: null,
  },
};

const state = (...events: CustomerEvent[]): CustomerState => fold(customerDecider, events);
function customer(...events: CustomerEvent[]): RegisteredCustomer {
  const folded = state(registered, ...events);
  if (folded.kind !== 'registered') throw new Error('not registered');
  return folded;
}

describe('customer', () => {
  it.each<[string, CustomerEvent[], CustomerCommand, CustomerEvent]>([
    ['is registered', [], { type: 'RegisterCustomer', customerId, name: 'Duka' }, registered],
    [
      'is suspended with a note',
      [registered],
      { type: 'SuspendCustomer', note: 'unpaid' },
      { type: 'CustomerSuspended', data: { customerId, note: 'unpaid' } },
    ],
    [
      'is reinstated with a note',
      [registered, { type: 'CustomerSuspended', data: { customerId, note: 'unpaid' } }],
      { type: 'ReinstateCustomer', note: 'paid' },
      { type: 'CustomerReinstated', data: { customerId, note: 'paid' } },
    ],
    ['gets a key', [registered], key, issued],
    [
      'loses a key',
      [registered, issued],
      { type: 'RevokeApiKey', keyId: 'K1' },
      { type: 'ApiKeyRevoked', data: { customerId, keyId: 'K1' } },
    ],
    ['requests a sender', [registered], { type: 'RequestSenderId', sender: 'DUKA', class: 'transactional' }, requested],
    [
      'has a sender approved',
      [registered, requested],
      { type: 'ApproveSenderId', sender: 'DUKA', tier: 'tier_1' },
      approved,
    ],
    [
      'has an approved sender rejected',
      [registered, requested, approved],
      { type: 'RejectSenderId', sender: 'DUKA', tier: 'tier_1', reason: 'misused' },
      { type: 'SenderIdRejected', data: { customerId, sender: 'DUKA', tier: 'tier_1', reason: 'misused' } },
    ],
    [
      'has a default sender',
      [registered, requested, approved],
      { type: 'ChooseDefaultSender', sender: 'DUKA' },
      chosen,
    ],
    [
      'has a price list',
      [registered],
      { type: 'AssignPriceList', priceListId: 'prl_1' },
      { type: 'PriceListAssigned', data: { customerId, priceListId: 'prl_1' } },
    ],
    [
      'has a routing',
      [registered],
      { type: 'AssignRouting', tiers: ['tier_2', 'tier_1'] },
      { type: 'RoutingAssigned', data: { customerId, tiers: ['tier_2', 'tier_1'] } },
    ],
    [
      'has other limits, and keeps those that were not named',
      [registered],
      { type: 'ChangeLimits', limits: { messagesPerMinutePerRecipient: 5 } },
      { type: 'LimitsChanged', data: { customerId, limits: { ...DEFAULT_LIMITS, messagesPerMinutePerRecipient: 5 } } },
    ],
  ])('%s, and the same command again changes nothing', (_what, given, command, expected) => {
    expect(customerDecider.decide(command, state(...given))).toEqual([expected]);
    expect(customerDecider.decide(command, state(...given, expected))).toEqual([]);
  });

  it.each<[string, CustomerEvent[], CustomerCommand, string]>([
    ['an unknown customer', [], { type: 'SuspendCustomer', note: 'x' }, 'not_found'],
    ['another name for the same id', [registered], { type: 'RegisterCustomer', customerId, name: 'Other' }, 'conflict'],
    ['an empty name', [], { type: 'RegisterCustomer', customerId, name: ' ' }, 'validation_failed'],
    ['a suspension without a note', [registered], { type: 'SuspendCustomer', note: ' ' }, 'validation_failed'],
    ['a key without a scope', [registered], { ...key, scopes: [] }, 'validation_failed'],
    ['another key under the same id', [registered, issued], { ...key, hash: 'bb' }, 'conflict'],
    ['an unknown key', [registered], { type: 'RevokeApiKey', keyId: 'K2' }, 'not_found'],
    [
      'a sender of another shape',
      [registered],
      { type: 'RequestSenderId', sender: 'far too long a name', class: 'transactional' },
      'validation_failed',
    ],
    [
      'the same sender for another class',
      [registered, requested],
      { type: 'RequestSenderId', sender: 'DUKA', class: 'promotional' },
      'conflict',
    ],
    [
      'an approval nobody requested',
      [registered],
      { type: 'ApproveSenderId', sender: 'DUKA', tier: 'tier_1' },
      'not_found',
    ],
    [
      'a default sender that is approved nowhere',
      [registered, requested],
      { type: 'ChooseDefaultSender', sender: 'DUKA' },
      'conflict',
    ],
    ['a routing without a tier', [registered], { type: 'AssignRouting', tiers: [] }, 'validation_failed'],
    ['a tier twice', [registered], { type: 'AssignRouting', tiers: ['tier_1', 'tier_1'] }, 'validation_failed'],
    [
      'a limit of nothing',
      [registered],
      { type: 'ChangeLimits', limits: { requestsPerSecondPerKey: 0 } },
      'validation_failed',
    ],
    [
      'a country that is none',
      [registered],
      { type: 'ChangeLimits', limits: { countries: ['Kenya'] } },
      'validation_failed',
    ],
  ])('refuses %s', (_what, given, command, code) => {
    expect(() => customerDecider.decide(command, state(...given))).toThrow(expect.objectContaining({ code }));
  });

  it('has no default sender when that is rejected wherever it was approved', () => {
    expect(customer(requested, approved, chosen).defaultSender).toBe('DUKA');
    const rejection: CustomerEvent = {
      type: 'SenderIdRejected',
      data: { customerId, sender: 'DUKA', tier: 'tier_1', reason: 'misused' },
    };
    expect(customer(requested, approved, chosen, rejection)).toMatchObject({
      defaultSender: null,
      senders: [{ approvedAt: [], rejectedAt: ['tier_1'] }],
    });
  });

  it('is approved again after a rejection', () => {
    const rejection: CustomerEvent = {
      type: 'SenderIdRejected',
      data: { customerId, sender: 'DUKA', tier: 'tier_1', reason: 'misused' },
    };
    expect(customer(requested, rejection, approved).senders).toMatchObject([
      { approvedAt: ['tier_1'], rejectedAt: [] },
    ]);
  });

  it('is JSON: what the read model keeps comes back as it was', () => {
    const whole = customer(requested, approved, chosen, issued);
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
  });
});
