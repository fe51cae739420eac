/**
 * Ends what a test process leaves behind. It is told by lines on its standard input which processes and folders there
 * are ("process <pid>", "gone <pid>", "folder <path>"); when that input closes, because the test process has ended in
 * whatever way (kill -9 too), it kills those processes with their groups and removes those folders.
 */
const { rmSync } = require('node:fs');
const { createInterface } = require('node:readline');

const processes = new Set();
const folders = new Set();
// A Ctrl-C at the terminal ends the test process; this one has to outlive it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const at = line.indexOf(' ');
  const value = line.slice(at + 1);
  if (line.startsWith('process ')) processes.add(Number(value));
  if (line.startsWith('gone ')) processes.delete(Number(value));
  if (line.startsWith('folder ')) folders.add(value);
});
lines.on('close', () => {
  for (const pid of processes) {
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch (error) {
        if (error.code !== 'ESRCH') console.error(error.message);
      }
    }
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
});
