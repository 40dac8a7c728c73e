import './quiet.ts';
import { fileClock } from './file-clock.ts';
import { required, runServer } from './serve.ts';

// The server for tests and simulations: as server.ts, but its clock follows the file that MIDLOCK_CLOCK_FILE names.
runServer((env) => fileClock(required(env, 'MIDLOCK_CLOCK_FILE')));
