import { bytes, gap, s32, u16, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, flagsOf, hex, id, opaque, text } from '../../layout/unit.js';
import { refersTo } from './objref.js';

/** Bytes of each uts string, with its NUL. */
export const UTS_BYTES = 65;

/** CLONE_NEW* bits of the namespaces that v16 saves. Source: spec/cr-stream.md 10. */
export const NS_FLAGS = { NEWUTS: 0x0400_0000, NEWIPC: 0x0800_0000 } as const;

const UTS_REF = ['uts_objref', s32, refersTo('UTS_NS', { strict: true }), 'host name and kernel'] as const;
const IPC_REF = ['ipc_objref', s32, refersTo('IPC_NS', { strict: true }), 'SysV IPC'] as const;

/** Namespaces of a task. Source: spec/cr-stream.md 8.11. */
export const NS_V16 = layout('NS', [
  ['flags', u32, flagsOf(NS_FLAGS), 'namespaces that follow'],
  // UTS_NS follows it there, without an OBJREF
  ['uts_objref', s32, refersTo('UTS_NS', { strict: false }), 'host name and kernel'],
]);
export const NS_V17 = layout('NS', [UTS_REF, IPC_REF]);
/** Since v21. */
export const NS = layout('NS', [
  UTS_REF,
  IPC_REF,
  ['net_objref', s32, refersTo('NET_NS', { strict: true }), 'network; 0: not saved'],
  ['pad', gap, opaque, 'zero'],
]);

export const TASK_NS = layout('TASK_NS', [
  ['ns_objref', s32, refersTo('NS', { strict: true }), 'namespaces of the task'],
  ['pad', gap, opaque, 'zero'],
]);

/** Of v16; STRINGs with both follow. */
export const UTS_NS_V16 = layout('UTS_NS', [
  ['nodename_len', u32, byteCount, 'length of the first STRING that follows'],
  ['domainname_len', u32, byteCount, 'of the second'],
]);

const name = bytes(UTS_BYTES);

/** Since v17: all of uname. */
export const UTS_NS = layout('UTS_NS', [
  ['sysname', name, text, ''],
  ['nodename', name, text, ''],
  ['release', name, text, ''],
  ['version', name, text, ''],
  ['machine', name, text, ''],
  ['domainname', name, text, ''],
  ['pad', gap, opaque, 'zero'],
]);

export const NET_NS = layout('NET_NS', [
  ['this_ref', s32, refersTo('NET_NS', { strict: false }), 'itself'],
  ['pad', gap, opaque, 'zero'],
]);

/** A network device. Source: spec/cr-stream.md 8.12. */
export const NETDEV = layout('NETDEV', [
  ['netns_ref', s32, refersTo('NET_NS', { strict: false }), 'where it is'],
  // a union: what it is depends on the type of device
  ['veth_this_ref', s32, id, 'of veth: its object number; of macvlan: the mode'],
  ['veth_peer_ref', s32, id, 'of veth: the object number of the other end'],
  ['inet_addrs', u32, id, 'addresses in the NETDEV_ADDR that follows'],
  ['type', u16, id, 'kind of device'],
  ['flags', u16, hex, 'IFF_*'],
  ['hwaddr', bytes(12), opaque, 'hardware address, and padding'],
]);

/** One address, in network byte order; NETDEV_ADDR is a list of them. */
export const NETDEV_ADDRESS = layout('addresses[]', [
  ['type', u16, id, 'family'],
  ['pad', gap, opaque, 'zero'],
  ['inet4_local', bytes(4, 8), opaque, ''],
  ['inet4_address', bytes(4), opaque, ''],
  ['inet4_mask', bytes(4), opaque, ''],
  ['inet4_broadcast', bytes(4), opaque, ''],
]);
