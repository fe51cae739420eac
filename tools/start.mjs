/** `npm start`: builds if needed, then runs the launcher in this process, so that signals go straight to it. */
import { ensureBuilt } from './build.mjs';

await ensureBuilt();
const { main } = await import('../dist/infrastructure/embedded/launcher/main.js');
await main();
