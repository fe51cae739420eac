import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { sendAll } from './send-all';
import { round } from './statistics';

const BEARERBOX = '/usr/sbin/bearerbox';
const SMSBOX = '/usr/sbin/smsbox';
/** Below those that the system gives to connections that are opened. */
const PORTS = { admin: 23000, box: 23001, send: 23013, reports: 23080 };

/** Delivered, failed, buffered, taken and refused by the centre: what our own timeline has of a message, too. */
const ALL_REPORTS = 31;
const DELIVERED = 'state=1';

const executable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
};

export const kannelInstalled = (): boolean => executable(BEARERBOX) && executable(SMSBOX);

const configuration = (folder: string, centrePort: number): string => `
group = core
admin-port = ${PORTS.admin}
admin-interface = 127.0.0.1
admin-password = bench
smsbox-port = ${PORTS.box}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"
box-deny-ip = "*.*.*.*"
log-file = "${folder}/bearerbox.log"
log-level = 2
access-log = "${folder}/access.log"
dlr-storage = internal
store-type = spool
store-location = "${folder}/spool"

group = smsc
smsc = smpp
smsc-id = SMPP
host = 127.0.0.1
port = ${centrePort}
transceiver-mode = 1
smsc-username = bench
smsc-password = bench
system-type = "VMA"
address-range = ""
max-pending-submits = 100

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${PORTS.send}
sendsms-interface = 127.0.0.1
global-sender = 12345
log-file = "${folder}/smsbox.log"
log-level = 2

group = sendsms-user
username = bench
password = bench
max-messages = 3
concatenation = 1

group = sms-service
keyword = default
text = "none"
max-messages = 0
`;

/**
 * Kannel, a gateway in C that people run today: spool store (files, no fsync), SMPP, delivery reports on.
 * @param centrePort of the message centre that it binds to.
 * @returns messages a second from the first request to the last delivery report.
 */
export async function measureKannel(folder: string, amount: number, centrePort: number): Promise<number> {
  mkdirSync(join(folder, 'spool'), { recursive: true });
  const file = join(folder, 'kannel.conf');
  writeFileSync(file, configuration(folder, centrePort));
  const reports = reportCounter();
  const children: ChildProcess[] = [];
  try {
    await listening(reports.server, PORTS.reports);
    children.push(spawn(BEARERBOX, [file], { stdio: 'ignore' }));
    await delay(2_000);
    children.push(spawn(SMSBOX, [file], { stdio: 'ignore' }));
    await delay(2_000);
    const start = performance.now();
    await submit(amount);
    while (reports.count() < amount) {
      if (performance.now() - start > 240_000)
        throw new Error(`Kannel: ${reports.count()} of ${amount} reports in time`);
      await delay(100);
    }
    return round(amount / ((performance.now() - start) / 1000), 1);
  } finally {
    for (const child of children.reverse()) {
      child.kill('SIGTERM');
      await new Promise((resolve) => child.once('exit', resolve));
    }
    reports.server.close();
  }
}

/** Through Kannel's HTTP interface, each message asking for its delivery report. */
async function submit(amount: number): Promise<void> {
  const report = encodeURIComponent(`http://127.0.0.1:${PORTS.reports}/report?state=%d`);
  await sendAll(`http://127.0.0.1:${PORTS.send}`, 64, amount, (n) => {
    const to = encodeURIComponent(`+25471${String(1_000_000 + n).slice(-7)}`);
    return {
      method: 'GET',
      path: `/cgi-bin/sendsms?username=bench&password=bench&from=12345&to=${to}&text=Your+order+${n}+has+shipped.&dlr-mask=${ALL_REPORTS}&dlr-url=${report}`,
    };
  });
}

function reportCounter(): { server: Server; count: () => number } {
  let reports = 0;
  const server = createServer((request, response) => {
    // Another one says that the centre took it.
    if (request.url?.endsWith(DELIVERED)) reports++;
    request.resume();
    response.end();
  });
  return { server, count: () => reports };
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
