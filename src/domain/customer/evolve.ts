import type { Tier } from '../routing/tiers';
import { assertNever } from '../shared/decider';
import type { CustomerEvent } from './events';
import { DEFAULT_LIMITS, type CustomerState, type RegisteredCustomer, type SenderState } from './state';

/** What a customer is after an event. An event before the registration (there can be none) changes nothing. */
export function evolveCustomer(state: CustomerState, event: CustomerEvent): CustomerState {
  if (event.type === 'CustomerRegistered') {
    return {
      kind: 'registered',
      customerId: event.data.customerId,
      name: event.data.name,
      suspended: false,
      limits: DEFAULT_LIMITS,
      routing: [],
      priceListId: null,
      senders: [],
      defaultSender: null,
      keys: [],
    };
  }
  return state.kind === 'unregistered' ? state : evolveRegistered(state, event);
}

function evolveRegistered(
  customer: RegisteredCustomer,
  event: Exclude<CustomerEvent, { type: 'CustomerRegistered' }>,
): RegisteredCustomer {
  switch (event.type) {
    case 'CustomerSuspended':
      return { ...customer, suspended: true };
    case 'CustomerReinstated':
      return { ...customer, suspended: false };
    case 'ApiKeyIssued': {
      const { keyId, hash, mode, scopes, label, expiresAt } = event.data;
      return {
        ...customer,
        keys: [...customer.keys, { keyId, hash, mode, scopes, label, expiresAt, revoked: false }],
      };
    }
    case 'ApiKeyRevoked': {
      const { keyId } = event.data;
      return { ...customer, keys: customer.keys.map((key) => (key.keyId === keyId ? { ...key, revoked: true } : key)) };
    }
    case 'SenderIdRequested': {
      const { sender, class: messageClass } = event.data;
      return {
        ...customer,
        senders: [...customer.senders, { sender, class: messageClass, approvedAt: [], rejectedAt: [] }],
      };
    }
    case 'SenderIdApproved': {
      const { sender, tier } = event.data;
      return withSender(customer, sender, (one) => ({
        ...one,
        approvedAt: added(one.approvedAt, tier),
        rejectedAt: without(one.rejectedAt, tier),
      }));
    }
    case 'SenderIdRejected': {
      const { sender, tier } = event.data;
      return withoutLostDefault(
        withSender(customer, sender, (one) => ({
          ...one,
          approvedAt: without(one.approvedAt, tier),
          rejectedAt: added(one.rejectedAt, tier),
        })),
      );
    }
    case 'DefaultSenderChosen':
      return { ...customer, defaultSender: event.data.sender };
    case 'PriceListAssigned':
      return { ...customer, priceListId: event.data.priceListId };
    case 'RoutingAssigned':
      return { ...customer, routing: event.data.tiers };
    case 'LimitsChanged':
      return { ...customer, limits: event.data.limits };
    default:
      return assertNever(event);
  }
}

const added = (tiers: readonly Tier[], tier: Tier): readonly Tier[] => [...without(tiers, tier), tier];
const without = (tiers: readonly Tier[], tier: Tier): readonly Tier[] => tiers.filter((one) => one !== tier);

function withSender(
  customer: RegisteredCustomer,
  sender: string,
  change: (one: SenderState) => SenderState,
): RegisteredCustomer {
  return { ...customer, senders: customer.senders.map((one) => (one.sender === sender ? change(one) : one)) };
}

/** A default that is approved nowhere any more is none. */
function withoutLostDefault(customer: RegisteredCustomer): RegisteredCustomer {
  const chosen = customer.senders.find((one) => one.sender === customer.defaultSender);
  return chosen?.approvedAt.length === 0 ? { ...customer, defaultSender: null } : customer;
}
