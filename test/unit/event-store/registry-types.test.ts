import type { Static } from '@sinclair/typebox';
import {
  EVENT_REGISTRY,
  type StoredDomainEvent,
} from '../../../src/infrastructure/event-store/registry/event-registry';

type Registry = typeof EVENT_REGISTRY;
type DataOf<Name> = Extract<StoredDomainEvent, { type: Name }>['data'];
type SchemaOf<Name extends keyof Registry> = Static<Registry[Name]['schema']>;

/** `true` only where each fits in the other, members that may be left out included. */
type Equal<A, B> = [A] extends [B]
  ? [B] extends [A]
    ? [Required<A>] extends [Required<B>]
      ? true
      : never
    : never
  : never;

/** The type-checker fails here, naming the event, when a schema and the domain's type are not the same. */
const agrees: { readonly [Name in keyof Registry]: Equal<SchemaOf<Name>, DataOf<Name>> } = {
  MessageQueued: true,
  MessageScheduled: true,
  MessageRescheduled: true,
  MessageAbandoned: true,
  DispatchStarted: true,
  MessageDispatched: true,
  MessageOutcomeUnknown: true,
  DispatchFailed: true,
  MessageRerouted: true,
  MessageDelivered: true,
  MessageFailed: true,
  MessageExpired: true,
  MessageCancelled: true,
  BatchStarted: true,
  BatchItemsDecided: true,
  MessageReceived: true,
  WalletOpened: true,
  WalletCredited: true,
  WalletAdjustedDown: true,
  FundsReserved: true,
  ReservationRepriced: true,
  WalletDebited: true,
  FundsReleased: true,
  LowBalanceReached: true,
  CustomerRegistered: true,
  CustomerSuspended: true,
  CustomerReinstated: true,
  ApiKeyIssued: true,
  ApiKeyRevoked: true,
  SenderIdRequested: true,
  SenderIdApproved: true,
  SenderIdRejected: true,
  DefaultSenderChosen: true,
  PriceListAssigned: true,
  RoutingAssigned: true,
  LimitsChanged: true,
  PriceListPublished: true,
  BlockPlaced: true,
  BlockLifted: true,
  RecipientOptedOut: true,
  RecipientOptedIn: true,
  ProviderDegraded: true,
  ProviderRecovered: true,
  SubjectErased: true,
  InboundNumberAssigned: true,
  InboundNumberReleased: true,
  ParkedTextDiscarded: true,
  LogAccepted: true,
};

describe('the registry of events', () => {
  it('knows each type of the domain, and no other', () => {
    expect(Object.keys(EVENT_REGISTRY).sort()).toEqual(Object.keys(agrees).sort());
  });
});
