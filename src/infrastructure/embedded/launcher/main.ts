import { DIST_FOLDER, launch } from './launcher';

/** Runs the launcher in this process and ends the process when it is done. */
export async function main(): Promise<void> {
  // A terminal that was closed takes no more output; that is no reason to leave the services running.
  process.stdout.on('error', () => process.stdout.destroy());
  const code = await launch({
    env: process.env,
    cwd: process.cwd(),
    dist: DIST_FOLDER,
    say: (line) => {
      if (process.stdout.writable) process.stdout.write(`${line}\n`);
    },
  });
  process.exit(code);
}

if (require.main === module) void main();
