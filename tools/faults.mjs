/**
 * `npm run test:faults`: builds the program, compiles the fault run beside it and starts it with the arguments given. With
 * `WAHT_TEST_DIST` it is run against another build.
 */
import { longRun } from './long-run.mjs';

await longRun('faults');
