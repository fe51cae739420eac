import { Type } from '@sinclair/typebox';
import { first, second, type Upcaster } from './event-definition';
import { amount, count, exact, instant, messageClass, mode, oneOf, orNull, text, tier } from './schema-parts';

/** Streams `customer-{cus_}`. */
export const customerEvents = {
  CustomerRegistered: first('A customer exists.', exact({ customerId: text, name: text })),
  CustomerSuspended: first('Nothing may be sent for the customer any more.', exact({ customerId: text, note: text })),
  CustomerReinstated: first('The suspension ended.', exact({ customerId: text, note: text })),
  ApiKeyIssued: first(
    'A key works from now on; only its hash is kept.',
    exact({
      customerId: text,
      keyId: text,
      hash: Type.String({ pattern: '^[0-9a-f]{64}$' }),
      mode,
      scopes: Type.Array(oneOf('messages', 'otp', 'billing', 'balance')),
      label: Type.String(),
      expiresAt: orNull(instant),
    }),
  ),
  ApiKeyRevoked: first('A key works no more.', exact({ customerId: text, keyId: text })),
  SenderIdRequested: first(
    'The customer asked for a sender ID.',
    exact({ customerId: text, sender: text, class: messageClass }),
  ),
  SenderIdApproved: first(
    'The sender ID is registered at the provider of this tier.',
    exact({ customerId: text, sender: text, tier }),
  ),
  SenderIdRejected: first(
    'The sender ID was refused at the provider of this tier.',
    exact({ customerId: text, sender: text, tier, reason: text }),
  ),
  DefaultSenderChosen: first('Used where a request names no sender.', exact({ customerId: text, sender: text })),
  PriceListAssigned: first('What the customer pays from now on.', exact({ customerId: text, priceListId: text })),
  RoutingAssigned: first('The customer’s tiers, in order.', exact({ customerId: text, tiers: Type.Array(tier) })),
  LimitsChanged: first(
    'The customer’s limits from now on.',
    exact({
      customerId: text,
      limits: exact({
        requestsPerSecondPerKey: count,
        messagesPerMinutePerRecipient: count,
        countries: Type.Array(text),
      }),
    }),
  ),
};

const someTiers = exact({
  tier_1: Type.Optional(amount),
  tier_2: Type.Optional(amount),
  tier_3: Type.Optional(amount),
});

/** Before networks had prices of their own. */
const sameForAllNetworks: Upcaster = (data) => ({ ...data, networks: [] });

/** Streams `pricelist-{prl_}`. */
export const priceListEvents = {
  PriceListPublished: second(
    'A version of a price list; never changed, only followed by the next. Prices are per segment; a network’s own go before.',
    exact({
      priceListId: text,
      version: count,
      name: text,
      perSegment: exact({ tier_1: amount, tier_2: amount, tier_3: amount }),
      networks: Type.Array(exact({ network: text, perSegment: someTiers })),
    }),
    sameForAllNetworks,
  ),
};
