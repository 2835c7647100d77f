import * as fs from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import type { Kernel } from '../format/bytes/crew.js';
import { ReadBuffers } from '../format/bytes/read-buffer.js';
import { fillPlanSync, plannedBytes } from '../format/bytes/read-plan.js';
import type { Answer, Failure, Order } from './protocol.js';
import { packError } from './thrown-error.js';

function readFully(fd: number, offset: number, into: Uint8Array): number {
  let filled = 0;
  while (filled < into.length) {
    const got = fs.readSync(fd, into, filled, into.length - filled, offset + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

/** Reads everything that an order names; tells what went wrong. */
function readAll(order: Order, buffers: ReadBuffers, filled: Uint8Array[]): Failure | undefined {
  for (const [index, plan] of order.task.reads.entries()) {
    const { source } = plan;
    const fd = order.descriptors[source] ?? -1;
    const buffer = buffers.take(index, plannedBytes(plan));
    let last = 0;
    try {
      const shortage = fillPlanSync(plan, buffer, (offset, into) => readFully(fd, (last = offset), into));
      if (shortage) return { kind: 'short', source, shortage };
    } catch (error) {
      return { kind: 'read', source, offset: last, error: packError(error) };
    }
    filled.push(buffer);
  }
  return undefined;
}

function obey(order: Order, kernels: ReadonlyMap<string, Kernel<never, unknown>>, buffers: ReadBuffers): Answer {
  const { id, task } = order;
  if (Atomics.load(order.cancelled, 0) !== 0) return { id, failure: { kind: 'cancelled' } };
  const kernel = kernels.get(order.kernel);
  const filled: Uint8Array[] = [];
  try {
    if (!kernel) throw new TypeError(`threads know no kernel ${order.kernel}`);
    const failure = readAll(order, buffers, filled);
    // the parameters are those of the kernel's own tasks: its name stands beside them
    return failure ? { id, failure } : { id, result: kernel.run(task.parameters as never, filled) };
  } catch (error) {
    return { id, failure: { kind: 'thrown', error: packError(error) } };
  }
}

/** The life of a thread of a crew: does what it is told, with the kernels it knows. */
export function serve(port: MessagePort, kernels: readonly Kernel<never, unknown>[]): void {
  const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]));
  const buffers = new ReadBuffers();
  port.on('message', (order: Order) => {
    port.postMessage(obey(order, byName, buffers));
  });
}
