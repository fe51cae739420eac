import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LauncherFailure, hasCode, oneLine } from '../launcher/failure';
import { type CommandResult, runCommand } from '../launcher/run-command';

const PROGRAMS = ['redis-server', 'valkey-server'];
/** Where packages put it although a user's PATH may lack the place. */
const PLACES = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin', '/home/linuxbrew/.linuxbrew/bin'];

/**
 * The machine's Redis (or Valkey) server; installed first where there is none.
 * @param say tells the person at the terminal why the start takes longer this once.
 * @throws LauncherFailure where there is none and none can be installed.
 */
export async function findRedis(say: (line: string) => void, cancelled?: AbortSignal): Promise<string> {
  const found = lookForRedis();
  if (found) return found;
  const complaint = await install(say, cancelled);
  const installed = lookForRedis();
  if (installed) return installed;
  throw new LauncherFailure(
    'Redis is missing: no redis-server or valkey-server was found' +
      `${complaint === '' ? '' : ` and installing it failed (${complaint})`}. ` +
      'Install it (Debian: apt-get install redis-server; macOS: brew install redis) or set REDIS_URL.',
  );
}

function lookForRedis(): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...PLACES];
  return PROGRAMS.flatMap((program) => places.map((place) => join(place, program))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Installs it with the system's package manager; returns the complaint where that failed. */
async function install(say: (line: string) => void, cancelled?: AbortSignal): Promise<string> {
  if (process.platform === 'darwin') {
    say('redis-server is not on this machine yet: installing it with brew …');
    return complaintOf(await runCommand('brew', ['install', 'redis'], { cancelled }));
  }
  if (!existsSync('/usr/bin/apt-get')) return 'this system has no apt-get';
  const asRoot = await rootPrefix(cancelled);
  if (!asRoot) return 'apt-get needs root, and sudo asks for a password';
  say('redis-server is not on this machine yet: installing it with apt-get …');
  return installWithApt(asRoot, cancelled);
}

/** What to put before a command to run it as root without being asked anything; undefined where that is impossible. */
async function rootPrefix(cancelled?: AbortSignal): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return ['env'];
  const sudo = await runCommand('sudo', ['-n', 'true'], { cancelled });
  return sudo.code === 0 ? ['sudo', '-n', 'env'] : undefined;
}

async function installWithApt(asRoot: string[], cancelled?: AbortSignal): Promise<string> {
  const apt = (...args: string[]): Promise<CommandResult> => {
    const words = [
      ...asRoot,
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-qq',
      '-o',
      'DPkg::Lock::Timeout=120',
      ...args,
    ];
    return runCommand(words[0] ?? 'env', words.slice(1), { cancelled });
  };
  const updated = await apt('update');
  // Stale lists often still name a version that can be had, so a failed update is told only if the rest fails too.
  const installed = await apt('install', '-y', '--no-install-recommends', 'redis-server');
  if (installed.code !== 0) return complaintOf(updated) || complaintOf(installed);
  // The package starts a server of its own on the well-known port; nobody asked for that one.
  if (existsSync('/run/systemd/system')) {
    const words = [...asRoot, 'systemctl', 'disable', '--now', 'redis-server'];
    await runCommand(words[0] ?? 'env', words.slice(1), { cancelled });
  }
  return '';
}

function complaintOf(result: CommandResult): string {
  return result.code === 0
    ? ''
    : oneLine(result.output.split('\n').findLast((line) => line.trim() !== '') ?? 'no reason given');
}
