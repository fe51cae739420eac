import { join } from 'node:path';
import { runCommand } from '../../src/infrastructure/embedded/launcher/run-command';
import { testDist } from './services';
import type { Stack } from './stack';

/** A customer that a run needs: money, one sender approved where it is routed, no limits that matter. */
export interface WantedCustomer {
  readonly name: string;
  readonly kes: string;
  /** `WAHT` where left out. */
  readonly sender?: string;
  /** The tiers of its routing, in order; all three where left out. */
  readonly tiers?: readonly string[];
}

export interface ProvisionedCustomer {
  readonly customer_id: string;
  readonly live_key: string;
}

/** Sets customers up as operations would. @returns them in the order given. @throws Error with the command's output */
export async function provision(stack: Stack, wanted: readonly WantedCustomer[]): Promise<ProvisionedCustomer[]> {
  const { code, output } = await runCommand(
    process.execPath,
    [join(__dirname, 'provision-process.cjs'), testDist(), JSON.stringify(wanted)],
    { env: { ...process.env, LOG_LEVEL: 'warn', ...stack.env } },
  );
  if (code !== 0) throw new Error(`the customers could not be set up: ${output}`);
  return JSON.parse(output.slice(output.indexOf('['))) as ProvisionedCustomer[];
}
