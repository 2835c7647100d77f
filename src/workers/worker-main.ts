// A thread of a crew, started by thread-crew.ts.
import { parentPort } from 'node:worker_threads';
import { KERNELS } from '../inspect/kernels.js';
import { serve } from './serve.js';

await Promise.all(KERNELS.map((kernel) => kernel.load?.()));
if (parentPort) serve(parentPort, KERNELS);
