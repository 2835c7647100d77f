import type { Task, Vma } from '../format/model/image.js';
import { vpnOf } from '../format/model/page.js';
import type { ContentsPolicy } from './contents-policy.js';
import { ContentsLayout, type Contents } from './contents.js';
import type { OpenFiles } from './files.js';
import type { Freeze } from './freeze.js';
import type { Hold } from './hold.js';
import type { PopulatedBlocks } from './populated.js';
import type { SharedFile } from './shared-file.js';
import { SharedObjects, type Mapper } from './shared-objects.js';
import type { StopDeadline } from './stop-deadline.js';
import { describeTask } from './task.js';
import { readRegisters, readThreadStates } from './threads.js';

/** What is asked of processes that are described together. */
export interface DescribeOptions {
  /** What is captured of each mapping. */
  readonly policy: ContentsPolicy;
  /** That they stand still; undefined if they run. */
  readonly freeze: Freeze | undefined;
  readonly populated: PopulatedBlocks;
  /** Objects that stay open for their contents are added here, also when describing fails. */
  readonly files: SharedFile[];
  /** False where a page too many or too few does no harm: who runs is looked at as if it stood still. Default true. */
  readonly isExact?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Processes without the contents of their pages, and where these are. */
export interface Described {
  readonly tasks: readonly [Task, ...Task[]];
  /** The memory of the process itself where nothing else is needed. */
  readonly contents: Contents;
  /** Where these lie. */
  readonly layout: ContentsLayout;
  /** What may be missing, for people. */
  readonly warnings: readonly string[];
}

/** Of the first process offsets are addresses; those of others stand behind, as far as they are mapped. */
function mapperOf({ target, memory, pagemap }: Hold, layout: ContentsLayout, isFirst: boolean): Mapper {
  const { pid } = target;
  if (isFirst) {
    layout.place(memory, 0, memory.size);
    return { pid, memory, pagemap, place: () => 0 };
  }
  const place = (startVpn: number, endVpn: number): number => layout.placePages(memory, startVpn, endVpn);
  return { pid, memory, pagemap, place };
}

/** Its pages at their place in the contents. */
function placed(vma: Vma, { place }: Mapper): Vma {
  const { pages } = vma;
  if (pages.count === 0) return vma;
  const by = place(vpnOf(vma.vm_start), vpnOf(vma.vm_end));
  return by === 0 ? vma : { ...vma, pages: { ...pages, offset: pages.offset.map((offset) => offset + by) } };
}

function withVmas(task: Task, give: (vma: Vma) => Vma): Task {
  return task.mm ? { ...task, mm: { ...task.mm, vmas: task.mm.vmas.map(give) } } : task;
}

/** What is collected of all processes that are described together. */
interface Together extends DescribeOptions {
  readonly layout: ContentsLayout;
  readonly objects: SharedObjects;
  readonly openFiles: OpenFiles;
  readonly deadline: StopDeadline | undefined;
}

function describeOne(hold: Hold, isFirst: boolean, together: Together): Task {
  const { target, memory, pagemap } = hold;
  const { layout, objects, openFiles, populated, isExact = true, policy, signal, deadline } = together;
  const freeze = together.freeze?.of(target);
  // a process that executed another program meanwhile must not be described with the memory of the first
  memory.checkAlive();
  const mapper = mapperOf(hold, layout, isFirst);
  const noted = new Set<Vma>();
  const task = describeTask(target, {
    lookup: {
      ...{ pagemap, memory, populated, isFrozen: freeze !== undefined || !isExact },
      noteObject: (mapping, vma) => {
        const isObject = objects.add(mapper, mapping, vma);
        if (isObject) noted.add(vma);
        return isObject;
      },
    },
    states: freeze?.statesBefore ?? readThreadStates(target.pid),
    registers: freeze?.registers ?? readRegisters(target.pid),
    ...{ policy, signal, openFiles },
  });
  deadline?.check();
  return withVmas(task, (vma) => (noted.has(vma) ? vma : placed(vma, mapper)));
}

/**
 * Describes processes together, by synchronous calls only: memory that they share is one object in all of them.
 *
 * @throws {CaptureError} `TARGET_ENDED`, `TARGET_EXECED`, `NO_PERMISSION`, `DEADLINE`
 */
export function describeTogether(holds: readonly [Hold, ...Hold[]], options: DescribeOptions): Described {
  const layout = new ContentsLayout();
  const objects = new SharedObjects();
  const [first, ...others] = holds;
  const { files, signal } = options;
  const { deadline } = options.freeze ?? {};
  const together: Together = { ...options, layout, objects, openFiles: new Map(), deadline };
  const firstTask = describeOne(first, true, together);
  const otherTasks = others.map((hold) => describeOne(hold, false, together));
  const { vmas, warnings } = objects.resolve(layout, { files, signal, deadline });
  const withShared = (task: Task): Task => withVmas(task, (vma) => vmas.get(vma) ?? vma);
  const name = `memory of process ${String(first.target.pid)} and others`;
  return {
    tasks: [withShared(firstTask), ...otherTasks.map(withShared)],
    contents: layout.count === 1 ? first.memory : layout.source(name),
    layout,
    warnings,
  };
}
