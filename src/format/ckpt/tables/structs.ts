import { CPU_V16 } from './cpu.js';
import { FILE_DESC, FILE_PIPE, FILE_TABLE, FILE_V16 } from './files.js';
import { HEADER_ARCH, HEADER_V16, TAIL } from './header.js';
import { IPC, IPC_MSG_MSG_V18, IPC_MSG_V18, IPC_NS, IPC_SEM_V18, IPC_SHM_V18 } from './ipc.js';
import { MM_CONTEXT, MM_V16, PGARR, VMA } from './mm.js';
import type { RecordName } from './names.js';
import { NS_V16, TASK_NS, UTS_NS_V16 } from './namespaces.js';
import { OBJREF } from './objref.js';
import { RESTART_BLOCK, TASK_OBJS_V16, TASK_V16 } from './task.js';
import { BYTES, NONE, TEXT, only, struct, type Shape } from './tail.js';
import { THREAD_V16 } from './thread.js';
import { TREE } from './tree.js';

/** Payloads by record. */
export type Shapes = Readonly<Partial<Record<RecordName, Shape>>>;

/** Of v16. A record of another architecture has another length and stays bytes. Source: spec/cr-stream.md 8. */
export const SHAPES_V16: Shapes = {
  HEADER: struct(HEADER_V16),
  HEADER_ARCH: struct(HEADER_ARCH),
  BUFFER: only(BYTES),
  STRING: only(TEXT),
  OBJREF: struct(OBJREF),
  TREE: struct(TREE),
  TASK: struct(TASK_V16),
  TASK_NS: struct(TASK_NS),
  TASK_OBJS: struct(TASK_OBJS_V16),
  RESTART_BLOCK: struct(RESTART_BLOCK),
  THREAD: struct(THREAD_V16),
  CPU: struct(CPU_V16),
  NS: struct(NS_V16),
  UTS_NS: struct(UTS_NS_V16),
  IPC_NS: struct(IPC_NS),
  THREAD_TLS: only(BYTES),
  CPU_FPU: only(BYTES),
  MM_CONTEXT_LDT: only(BYTES),
  FILE_TABLE: struct(FILE_TABLE),
  FILE_DESC: struct(FILE_DESC),
  FILE_NAME: only(TEXT),
  FILE: FILE_V16,
  FILE_PIPE: struct(FILE_PIPE),
  MM: struct(MM_V16),
  VMA: struct(VMA),
  PGARR: struct(PGARR),
  MM_CONTEXT: struct(MM_CONTEXT),
  IPC: struct(IPC),
  IPC_SHM: struct(IPC_SHM_V18),
  IPC_MSG: struct(IPC_MSG_V18),
  IPC_MSG_MSG: struct(IPC_MSG_MSG_V18),
  IPC_SEM: struct(IPC_SEM_V18),
  TAIL: struct(TAIL),
  ERROR: only(NONE),
};
