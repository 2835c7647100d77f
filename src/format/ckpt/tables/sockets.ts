import { bytes, gap, s16, s32, s64, u16, u32, u64, u8 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, hex, id, opaque } from '../../layout/unit.js';
import { first } from './nested.js';
import { refersTo } from './objref.js';

const SOCK = refersTo('SOCK', { strict: false });

const STATE = [
  ['socket_flags', first(u64), hex, 'SOCK_*'],
  ['socket_state', u8, id, 'SS_*'],
  ['socket_pad', gap, opaque, 'zero'],
  ['common_bound_dev_if', first(u32), id, 'interface'],
  ['common_reuse', u32, count, ''],
  ['common_family', u16, id, 'AF_*'],
  ['common_state', u8, id, 'TCP_*'],
  ['common_pad', gap, opaque, 'zero'],
  ['sock_rcvlowat', first(s64), byteCount, ''],
  ['sock_flags', u64, hex, ''],
  ['sock_rcvtimeo', s64, count, ''],
  ['sock_sndtimeo', s64, count, ''],
  ['sock_err', u32, id, 'errno'],
  ['sock_err_soft', u32, id, ''],
  ['sock_priority', u32, count, ''],
  ['sock_rcvbuf', s32, byteCount, ''],
  ['sock_sndbuf', s32, byteCount, ''],
  ['sock_type', u16, id, 'SOCK_STREAM, ...'],
  ['sock_backlog', s16, count, 'of listen'],
  ['sock_protocol', u8, id, 'IPPROTO_*'],
  ['sock_state', u8, id, ''],
  ['sock_shutdown', u8, hex, ''],
  ['sock_userlocks', u8, hex, ''],
  ['sock_no_check', u8, count, ''],
  ['sock_pad', gap, opaque, 'zero'],
  ['sock_l_onoff', s32, count, 'linger'],
  ['sock_l_linger', s32, count, ''],
] as const;

/** A socket; SOCKET_UNIX or SOCKET_INET follows. Source: spec/cr-stream.md 8.12. */
export const SOCKET_V18 = layout('SOCKET', STATE);

/** Since v23-rc1. */
export const SOCKET_V23 = layout('SOCKET', [
  ['has_buffers', u8, count, 'whether queues were saved'],
  ['pad', gap, opaque, 'zero'],
  ...STATE,
]);

/** A receive or send queue; a SOCKET_BUFFER for each packet follows. */
export const SOCKET_QUEUE = layout('SOCKET_QUEUE', [
  ['skb_count', u32, count, 'packets'],
  ['total_bytes', u32, byteCount, ''],
]);

const OWNERS = [
  ['sk_objref', s32, SOCK, 'the socket'],
  ['pr_objref', s32, SOCK, 'its peer'],
] as const;

/** A packet, up to November 2009. */
export const SOCKET_BUFFER_V18 = layout('SOCKET_BUFFER', OWNERS);

/** Since December 2009. */
export const SOCKET_BUFFER = layout('SOCKET_BUFFER', [
  ['transport_header', u32, byteCount, ''],
  ['network_header', u32, byteCount, ''],
  ['mac_header', u32, byteCount, ''],
  ['lin_len', u32, byteCount, ''],
  ['frg_len', u32, byteCount, ''],
  ['skb_len', u32, byteCount, ''],
  ['hdr_len', u32, byteCount, ''],
  ['mac_len', u32, byteCount, ''],
  ['data_offset', u32, byteCount, ''],
  ...OWNERS,
  ['protocol', u16, id, ''],
  ['nr_frags', u16, count, 'SOCKET_FRAGs that follow'],
  ['cb', bytes(48), opaque, 'control block'],
]);

/** A fragment of a packet. */
export const SOCKET_FRAG = layout('SOCKET_FRAG', [
  ['size', u32, byteCount, ''],
  ['offset', u32, byteCount, ''],
]);

/** Bytes of sockaddr_un. */
const UNIX_ADDRESS_BYTES = 110;

const PEERS = [
  ['this', s32, SOCK, 'the socket'],
  ['peer', s32, SOCK, 'what it is connected to'],
] as const;

const UNIX_ADDRESSES = [
  ['flags', u32, hex, ''],
  ['laddr_len', u32, byteCount, ''],
  ['raddr_len', u32, byteCount, ''],
  ['laddr', bytes(UNIX_ADDRESS_BYTES), opaque, 'sockaddr_un'],
  ['raddr', bytes(UNIX_ADDRESS_BYTES), opaque, 'sockaddr_un'],
  ['pad', gap, opaque, 'zero'],
] as const;

/** What a unix socket has more. */
export const SOCKET_UNIX_V18 = layout('SOCKET_UNIX', [
  ...PEERS,
  ['peercred_uid', u32, id, 'of the peer'],
  ['peercred_gid', u32, id, ''],
  ...UNIX_ADDRESSES,
]);

/** Since v23-rc1; of the same length. */
export const SOCKET_UNIX_V23 = layout('SOCKET_UNIX', [
  ...PEERS,
  ['peercred', s32, refersTo('CRED', { strict: false }), 'of the peer'],
  ...UNIX_ADDRESSES,
]);
