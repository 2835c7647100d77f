import { bytes, gap, s16, s32, u16, u32, u64, u8 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, hex, id, opaque } from '../../layout/unit.js';
import { first } from './nested.js';

const ADDRESSES = [
  ['laddr_len', u32, byteCount, ''],
  ['raddr_len', u32, byteCount, ''],
  ['laddr', bytes(16), opaque, 'sockaddr_in'],
  ['raddr', bytes(16), opaque, 'sockaddr_in'],
] as const;

/** What an internet socket has more, up to November 2009. Source: spec/cr-stream.md 8.12. */
export const SOCKET_INET_V18 = layout('SOCKET_INET', ADDRESSES);

const INET = [
  ['daddr', u32, hex, ''],
  ['rcv_saddr', u32, hex, ''],
  ['saddr', u32, hex, ''],
  ['dport', u16, id, ''],
  ['num', u16, id, ''],
  ['sport', u16, id, ''],
  ['uc_ttl', s16, count, ''],
  ['cmsg_flags', u16, hex, ''],
  ['inet_pad', gap, opaque, 'zero'],
] as const;

const ACK = [
  ['icsk_ack_timeout', u64, count, ''],
  ['icsk_ack_ato', u32, count, ''],
  ['icsk_ack_lrcvtime', u32, count, ''],
  ['icsk_ack_last_seg_size', u16, byteCount, ''],
  ['icsk_ack_rcv_mss', u16, byteCount, ''],
  ['icsk_ack_pending', u8, count, ''],
  ['icsk_ack_quick', u8, count, ''],
  ['icsk_ack_pingpong', u8, count, ''],
  ['icsk_ack_blocked', u8, count, ''],
] as const;

const TCP = [
  ['tcp_rcv_nxt', first(u32), count, ''],
  ['tcp_copied_seq', u32, count, ''],
  ['tcp_rcv_wup', u32, count, ''],
  ['tcp_snd_nxt', u32, count, ''],
  ['tcp_snd_una', u32, count, ''],
  ['tcp_snd_sml', u32, count, ''],
  ['tcp_rcv_tstamp', u32, count, ''],
  ['tcp_lsndtime', u32, count, ''],
  ['tcp_snd_wl1', u32, count, ''],
  ['tcp_snd_wnd', u32, count, ''],
  ['tcp_max_window', u32, count, ''],
  ['tcp_mss_cache', u32, count, ''],
  ['tcp_window_clamp', u32, count, ''],
  ['tcp_rcv_ssthresh', u32, count, ''],
  ['tcp_frto_highmark', u32, count, ''],
  ['tcp_srtt', u32, count, ''],
  ['tcp_mdev', u32, count, ''],
  ['tcp_mdev_max', u32, count, ''],
  ['tcp_rttvar', u32, count, ''],
  ['tcp_rtt_seq', u32, count, ''],
  ['tcp_packets_out', u32, count, ''],
  ['tcp_retrans_out', u32, count, ''],
  ['tcp_snd_up', u32, count, ''],
  ['tcp_rcv_wnd', u32, count, ''],
  ['tcp_write_seq', u32, count, ''],
  ['tcp_pushed_seq', u32, count, ''],
  ['tcp_lost_out', u32, count, ''],
  ['tcp_sacked_out', u32, count, ''],
  ['tcp_fackets_out', u32, count, ''],
  ['tcp_tso_deferred', u32, count, ''],
  ['tcp_bytes_acked', u32, count, ''],
  ['tcp_lost_cnt_hint', s32, count, ''],
  ['tcp_retransmit_high', u32, count, ''],
  ['tcp_lost_retrans_low', u32, count, ''],
  ['tcp_prior_ssthresh', u32, count, ''],
  ['tcp_high_seq', u32, count, ''],
  ['tcp_retrans_stamp', u32, count, ''],
  ['tcp_undo_marker', u32, count, ''],
  ['tcp_undo_retrans', s32, count, ''],
  ['tcp_total_retrans', u32, count, ''],
  ['tcp_urg_seq', u32, count, ''],
  ['tcp_keepalive_time', u32, count, ''],
  ['tcp_keepalive_intvl', u32, count, ''],
  ['tcp_urg_data', u16, count, ''],
  ['tcp_advmss', u16, count, ''],
  ['tcp_frto_counter', u8, count, ''],
  ['tcp_nonagle', u8, count, ''],
  ['tcp_ecn_flags', u8, count, ''],
  ['tcp_reordering', u8, count, ''],
  ['tcp_keepalive_probes', u8, count, ''],
  ['tcp_pad', gap, opaque, 'zero'],
] as const;

/** Since December 2009, with the state of TCP. */
export const SOCKET_INET = layout('SOCKET_INET', [
  ...INET,
  ...ACK,
  ...TCP,
  ['inet6_saddr', bytes(16, 8), opaque, ''],
  ['inet6_rcv_saddr', bytes(16), opaque, ''],
  ['inet6_daddr', bytes(16), opaque, ''],
  ...ADDRESSES,
]);
