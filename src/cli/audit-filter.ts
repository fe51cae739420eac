import { InvalidArgumentError, Option, type Command } from 'commander';
import { streams } from '../domain/shared/streams';
import type { AuditFilter } from '../projections/audit/audit-query';
import { idOf, instant } from './arguments';

export interface FilterOptions {
  readonly customer?: string;
  readonly actor?: { readonly kind?: string; readonly id?: string };
  readonly resource?: readonly string[];
  readonly action?: string;
  readonly from?: string;
  readonly to?: string;
  readonly asOf?: string;
  readonly request?: string;
}

/** Adds the options that narrow a log. */
export function addFilterOptions(command: Command): Command {
  return command
    .addOption(new Option('--customer <customer_id>', 'rows of this customer').argParser(idOf('cus')))
    .addOption(new Option('--actor <kind[:id]>', 'who did it: operator, operator:amina, key:…').argParser(actor))
    .addOption(new Option('--resource <id>', 'a message, a customer with its wallets, or a stream').argParser(resource))
    .option('--action <type>', 'event type, such as CustomerSuspended')
    .addOption(new Option('--from <time>', 'recorded at or after, RFC 3339').argParser(instant))
    .addOption(new Option('--to <time>', 'recorded before').argParser(instant))
    .addOption(new Option('--as-of <time>', 'what was recorded by then').argParser(instant))
    .option('--request <id>', 'what followed from one request: its X-Request-Id');
}

export const filterOf = (options: FilterOptions): AuditFilter => ({
  customerId: options.customer,
  actorKind: options.actor?.kind,
  actorId: options.actor?.id,
  streams: options.resource,
  action: options.action,
  from: options.from,
  to: options.to,
  asOf: options.asOf,
  correlationId: options.request,
});

function actor(text: string): { kind?: string; id?: string } {
  const [, kind, id] = /^(key|operator|provider|system)(?::(.+))?$/.exec(text) ?? [];
  if (kind === undefined)
    throw new InvalidArgumentError('It must be key, operator, provider or system, and may go on :id.');
  return { kind, id };
}

/** The streams that an id stands for. */
function resource(text: string): string[] {
  if (text.startsWith('msg_')) return [streams.message(idOf('msg')(text))];
  if (text.startsWith('prl_')) return [streams.priceList(idOf('prl')(text))];
  if (text.startsWith('sub_')) return [streams.block(idOf('sub')(text))];
  if (text.startsWith('cus_')) {
    const id = idOf('cus')(text);
    return [streams.customer(id), streams.wallet(id, 'live'), streams.wallet(id, 'test'), streams.block(id)];
  }
  if (/^[a-z]+-\S+$/.test(text)) return [text];
  throw new InvalidArgumentError('It must be an id such as msg_…, cus_…, or the name of a stream.');
}
