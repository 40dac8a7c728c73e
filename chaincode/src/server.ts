import './quiet.ts';
import { systemClock } from './clock.ts';
import { runServer } from './serve.ts';

runServer(() => systemClock);
