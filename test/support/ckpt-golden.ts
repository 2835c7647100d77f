// Says a decoded ckpt stream in the words of the golden descriptions (fixtures/golden/README.md).
import { createHash } from 'node:crypto';
import { decodeText } from '../../src/format/bytes/text.js';
import type { RecordItem, StreamItem } from '../../src/format/ckpt/read/item.js';
import { pidObjectsIn } from '../../src/format/ckpt/read/tree-walk.js';
import type { AnyRecord, Layout } from '../../src/format/layout/layout.js';
import type { FieldValue } from '../../src/format/layout/unit.js';

type Json = Readonly<Record<string, unknown>>;

function integer(value: number | bigint): number | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function cText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decodeText(end < 0 ? bytes : bytes.subarray(0, end));
}

const PERMS = new Set(['id', 'key', 'uid', 'gid', 'cuid', 'cgid', 'mode', 'seq', 'sec_ref']);
const WITH_PERMS = new Set(['IPC_SHM', 'IPC_MSG', 'IPC_SEM']);
const HEX_FIELDS = new Set(['tls', 'signal', 'blocked']);

function rlimits(bytes: Uint8Array): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 16 }, (_, i) => [
    integer(view.getBigUint64(i * 16, true)),
    integer(view.getBigUint64(i * 16 + 8, true)),
  ]);
}

function fieldJson(name: string, value: FieldValue): unknown {
  if (!(value instanceof Uint8Array)) return integer(value);
  if (name === 'rlim') return rlimits(value);
  return HEX_FIELDS.has(name) ? Buffer.from(value).toString('hex') : cText(value);
}

function fieldsJson({ name, layout, fields }: RecordItem): Json {
  const shown = (layout?.fields ?? []).filter((field) => field.type.kind !== 'gap' && field.name !== 'perms_h');
  const entries = shown.map((field): [string, unknown] => {
    const plain = field.name === 'tty_termios_nccs' ? 'tty_termios_ncc' : field.name;
    const key = WITH_PERMS.has(name) && PERMS.has(plain) ? `perms.${plain}` : plain;
    return [key, fieldJson(field.name, fields[field.name] ?? 0)];
  });
  return Object.fromEntries(entries);
}

function list(layout: Layout, element: AnyRecord): unknown[] {
  return layout.fields
    .filter(({ type }) => type.kind !== 'gap')
    .map(({ name }) => {
      const value = element[name] ?? 0;
      return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : integer(value);
    });
}

function flat(item: RecordItem): unknown[] {
  const { elementLayout } = item;
  return elementLayout ? item.elements.flatMap((element) => list(elementLayout, element)) : [];
}

function arrays({ elementLayout, elements }: RecordItem): unknown[] {
  return elementLayout ? elements.map((element) => list(elementLayout, element)) : [];
}

function opaque(bytes: Uint8Array): Json {
  return { sha256: sha256(bytes), size: bytes.length };
}

/** What the descriptions say of the rest of a record, by its role or name. */
const REST: Readonly<Record<string, (item: RecordItem, whole: Uint8Array) => Json>> = {
  release: ({ bytes }) => ({ role: 'release', text: cText(bytes) }),
  version: ({ bytes }) => ({ role: 'version', text: cText(bytes) }),
  machine: ({ bytes }) => ({ role: 'machine', text: cText(bytes) }),
  lsm_name: ({ bytes }) => ({ role: 'lsm_name', text: cText(bytes) }),
  comm: ({ bytes }) => ({ text: cText(bytes) }),
  pids: (item) => ({ role: 'pids', pids: arrays(item) }),
  vpids: (item) => ({ role: 'vpids', vpids: flat(item) }),
  pid_objects: ({ bytes }) => ({
    role: 'pid_objects',
    pids: pidObjectsIn(bytes)?.map((numbers) => [numbers.length - 1, ...numbers]),
  }),
  auxv: (item) => ({ role: 'auxv', auxv: flat(item) }),
  sems: ({ bytes }) => ({ role: 'sems', ...opaque(bytes) }),
  FILE_NAME: ({ bytes }) => ({ text: cText(bytes) }),
  LSM_INFO: ({ bytes }) => opaque(bytes),
  PIPE_BUF: ({ bytes }) => opaque(bytes),
  CPU_FPU: ({ bytes }) => opaque(bytes),
  MM_CONTEXT_LDT: ({ bytes }) => ({ hex: Buffer.from(bytes).toString('hex') }),
  SIGHAND: (item) => ({ actions: arrays(item) }),
  // the last number is padding
  GROUPINFO: (item) => ({ groups: flat(item).slice(0, Number(item.fields['ngroups'])) }),
  SIGPENDING: (item, whole) =>
    item.elements.length > 0
      ? { siginfo_sha256: sha256(whole.subarray(item.offset + 24, item.offset + item.length)) }
      : {},
};

/** An item as the description of its image has it. */
export function itemJson(item: StreamItem, whole: Uint8Array): unknown {
  const { offset, length, name } = item;
  if (item.kind === 'record') {
    const rest = REST[item.name === 'OBJREF' ? item.name : (item.role ?? item.name)]?.(item, whole);
    return { offset, length, type: item.type, name, fields: { ...fieldsJson(item), ...rest } };
  }
  if (item.kind !== 'pages') return { offset, length, type: null, name };
  const { type, count } = item;
  const fields = { role: 'pages', count, first: integer(item.first), last: integer(item.last) };
  return { offset, length, type, name, fields };
}
