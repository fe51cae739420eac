import { TIERS } from '../routing/tiers';
import { assertNever, type Decider } from '../shared/decider';
import { DomainError } from '../shared/domain-error';
import type { CustomerCommand } from './commands';
import type { CustomerEvent, CustomerLimits } from './events';
import { evolveCustomer } from './evolve';
import { checkSender } from './sender';
import { unregistered, type CustomerState, type RegisteredCustomer, type SenderState } from './state';

type Command<Type extends CustomerCommand['type']> = Extract<CustomerCommand, { type: Type }>;

const NOTHING: readonly CustomerEvent[] = [];
const LONGEST_NAME = 200;
const LONGEST_LABEL = 100;
const LONGEST_NOTE = 1_000;
const MOST_KEYS = 1_000;
const HIGHEST_LIMIT = 1_000_000;

/** @throws DomainError not_found, conflict, validation_failed */
function decide(command: CustomerCommand, state: CustomerState): readonly CustomerEvent[] {
  if (command.type === 'RegisterCustomer') return register(command, state);
  if (state.kind === 'unregistered') throw new DomainError('not_found', 'There is no such customer.');
  const customer = state;
  switch (command.type) {
    case 'SuspendCustomer':
      return suspend(command, customer);
    case 'ReinstateCustomer':
      return reinstate(command, customer);
    case 'IssueApiKey':
      return issueKey(command, customer);
    case 'RevokeApiKey':
      return revokeKey(command, customer);
    case 'RequestSenderId':
      return requestSender(command, customer);
    case 'ApproveSenderId':
      return approveSender(command, customer);
    case 'RejectSenderId':
      return rejectSender(command, customer);
    case 'ChooseDefaultSender':
      return chooseDefault(command, customer);
    case 'AssignPriceList':
      return assignPriceList(command, customer);
    case 'AssignRouting':
      return assignRouting(command, customer);
    case 'ChangeLimits':
      return changeLimits(command, customer);
    default:
      return assertNever(command);
  }
}

function register({ customerId, name }: Command<'RegisterCustomer'>, state: CustomerState): readonly CustomerEvent[] {
  requireText('name', name, LONGEST_NAME);
  if (state.kind === 'unregistered') return [{ type: 'CustomerRegistered', data: { customerId, name } }];
  if (state.name === name) return NOTHING;
  throw new DomainError('conflict', 'A customer with this id has another name.');
}

function suspend({ note }: Command<'SuspendCustomer'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  requireText('note', note, LONGEST_NOTE);
  if (customer.suspended) return NOTHING;
  return [{ type: 'CustomerSuspended', data: { customerId: customer.customerId, note } }];
}

function reinstate({ note }: Command<'ReinstateCustomer'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  requireText('note', note, LONGEST_NOTE);
  if (!customer.suspended) return NOTHING;
  return [{ type: 'CustomerReinstated', data: { customerId: customer.customerId, note } }];
}

function issueKey(command: Command<'IssueApiKey'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const { keyId, hash, mode, scopes, label, expiresAt } = command;
  requireText('label', label, LONGEST_LABEL);
  if (scopes.length === 0) throw invalid('scopes', 'must name at least one');
  const standing = customer.keys.find((key) => key.keyId === keyId);
  if (standing !== undefined) {
    if (standing.hash === hash) return NOTHING;
    throw new DomainError('conflict', 'A key with this id exists.');
  }
  if (customer.keys.length >= MOST_KEYS) throw new DomainError('conflict', `A customer has at most ${MOST_KEYS} keys.`);
  const data = { customerId: customer.customerId, keyId, hash, mode, scopes: [...new Set(scopes)], label, expiresAt };
  return [{ type: 'ApiKeyIssued', data }];
}

function revokeKey({ keyId }: Command<'RevokeApiKey'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const key = customer.keys.find((one) => one.keyId === keyId);
  if (key === undefined) throw new DomainError('not_found', 'This customer has no key with this id.');
  if (key.revoked) return NOTHING;
  return [{ type: 'ApiKeyRevoked', data: { customerId: customer.customerId, keyId } }];
}

function requestSender(command: Command<'RequestSenderId'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const sender = checkSender(command.sender);
  const standing = customer.senders.find((one) => one.sender === sender);
  if (standing?.class === command.class) return NOTHING;
  if (standing !== undefined) throw new DomainError('conflict', `This sender ID is registered as ${standing.class}.`);
  return [{ type: 'SenderIdRequested', data: { customerId: customer.customerId, sender, class: command.class } }];
}

function approveSender(command: Command<'ApproveSenderId'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const { sender, tier } = command;
  if (requestedSender(customer, sender).approvedAt.includes(tier)) return NOTHING;
  return [{ type: 'SenderIdApproved', data: { customerId: customer.customerId, sender, tier } }];
}

function rejectSender(command: Command<'RejectSenderId'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const { sender, tier, reason } = command;
  requireText('reason', reason, LONGEST_NOTE);
  if (requestedSender(customer, sender).rejectedAt.includes(tier)) return NOTHING;
  return [{ type: 'SenderIdRejected', data: { customerId: customer.customerId, sender, tier, reason } }];
}

function chooseDefault(
  command: Command<'ChooseDefaultSender'>,
  customer: RegisteredCustomer,
): readonly CustomerEvent[] {
  const { sender } = command;
  if (requestedSender(customer, sender).approvedAt.length === 0) {
    throw new DomainError('conflict', 'This sender ID is approved nowhere yet.');
  }
  if (customer.defaultSender === sender) return NOTHING;
  return [{ type: 'DefaultSenderChosen', data: { customerId: customer.customerId, sender } }];
}

function assignPriceList(command: Command<'AssignPriceList'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const { priceListId } = command;
  if (customer.priceListId === priceListId) return NOTHING;
  return [{ type: 'PriceListAssigned', data: { customerId: customer.customerId, priceListId } }];
}

function assignRouting({ tiers }: Command<'AssignRouting'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  if (tiers.length === 0) throw invalid('tiers', 'must name at least one');
  if (new Set(tiers).size !== tiers.length) throw invalid('tiers', 'must not name one twice');
  if (!tiers.every((tier) => TIERS.includes(tier))) throw invalid('tiers', `must be of ${TIERS.join(', ')}`);
  if (sameList(tiers, customer.routing)) return NOTHING;
  return [{ type: 'RoutingAssigned', data: { customerId: customer.customerId, tiers: [...tiers] } }];
}

function changeLimits(command: Command<'ChangeLimits'>, customer: RegisteredCustomer): readonly CustomerEvent[] {
  const limits: CustomerLimits = { ...customer.limits, ...command.limits };
  requireLimit('requests_per_second_per_key', limits.requestsPerSecondPerKey);
  requireLimit('messages_per_minute_per_recipient', limits.messagesPerMinutePerRecipient);
  if (limits.countries.length === 0) throw invalid('countries', 'must name at least one');
  if (!limits.countries.every((code) => /^[A-Z]{2}$/.test(code))) {
    throw invalid('countries', 'must be ISO 3166 codes of two capital letters');
  }
  const now = customer.limits;
  const same =
    limits.requestsPerSecondPerKey === now.requestsPerSecondPerKey &&
    limits.messagesPerMinutePerRecipient === now.messagesPerMinutePerRecipient &&
    sameList(limits.countries, now.countries);
  if (same) return NOTHING;
  const data = { customerId: customer.customerId, limits: { ...limits, countries: [...new Set(limits.countries)] } };
  return [{ type: 'LimitsChanged', data }];
}

function requestedSender(customer: RegisteredCustomer, sender: string): SenderState {
  const standing = customer.senders.find((one) => one.sender === sender);
  if (standing === undefined) throw new DomainError('not_found', 'This customer has not requested this sender ID.');
  return standing;
}

const sameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, i) => one === b[i]);

const invalid = (field: string, message: string): DomainError =>
  new DomainError('validation_failed', `${field} ${message}`, [{ field, message }]);

function requireText(field: string, text: string, longest: number): void {
  if (text.trim() === '') throw invalid(field, 'must not be empty');
  if (text.length > longest) throw invalid(field, `must have at most ${longest} characters`);
}

function requireLimit(field: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > HIGHEST_LIMIT) {
    throw invalid(field, `must be a whole number from 1 to ${HIGHEST_LIMIT}`);
  }
}

export const customerDecider: Decider<CustomerState, CustomerCommand, CustomerEvent> = {
  initialState: unregistered,
  decide,
  evolve: evolveCustomer,
};
