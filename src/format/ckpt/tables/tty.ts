import { bytes, gap, s32, u16, u32, u64, u8, type FieldType } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { byteCount, count, hex, id, opaque } from '../../layout/unit.js';
import { first } from './nested.js';
import { refersTo } from './objref.js';

const DRIVER = [
  ['driver_type', u16, id, 'TTY_DRIVER_TYPE_*'],
  ['driver_subtype', u16, id, ''],
  ['link_objref', s32, refersTo('TTY', { strict: false }), 'other end of a pty'],
  ['file_objref', s32, refersTo('FILE', { strict: false }), 'the open master'],
  ['_padding', gap, opaque, 'zero'],
  ['index', first(u32), id, 'minor number'],
  ['ldisc', u32, id, 'line discipline'],
  ['flags', u64, hex, 'TTY_*'],
] as const;

function modes(word: FieldType<number>) {
  return [
    ['termios_c_iflag', first(word), hex, 'input modes'],
    ['termios_c_oflag', word, hex, 'output modes'],
    ['termios_c_cflag', word, hex, 'control modes'],
    ['termios_c_lflag', word, hex, 'local modes'],
  ] as const;
}

const LINE = ['termios_c_line', u8, id, 'line discipline'] as const;

const WINDOW = [
  ['termios_pad', gap, opaque, 'zero'],
  ['winsize_ws_row', first(u16), count, 'window size'],
  ['winsize_ws_col', u16, count, ''],
  ['winsize_ws_xpixel', u16, count, ''],
  ['winsize_ws_ypixel', u16, count, ''],
] as const;

const CONTROL = 'control characters';

/** A terminal, up to the first headers of v23-rc1. Source: spec/cr-stream.md 8.12. */
export const TTY_V18 = layout('TTY', [
  ...DRIVER,
  ...modes(u16),
  LINE,
  ['termios_c_cc', bytes(8), opaque, CONTROL],
  ...WINDOW,
]);

/** Since 2011-01-10. */
export const TTY_V23 = layout('TTY', [
  ...DRIVER,
  ...modes(u32),
  ['termios_c_ispeed', u32, count, 'baud'],
  ['termios_c_ospeed', u32, count, 'baud'],
  LINE,
  ['termios_c_cc', bytes(19), opaque, CONTROL],
  ...WINDOW,
]);

/** State of the line discipline; a BUFFER with what was typed follows. */
export const TTY_LDISC = layout('TTY_LDISC', [
  ['column', u32, count, 'of the cursor'],
  ['datalen', u32, byteCount, 'input not read yet'],
  ['canon_column', u32, count, ''],
  ['canon_datalen', u32, byteCount, ''],
  ['canon_data', u32, count, 'lines'],
  ['minimum_to_wake', u16, count, ''],
  ['stopped', u8, count, ''],
  ['hw_stopped', u8, count, ''],
  ['flow_stopped', u8, count, ''],
  ['packet', u8, count, ''],
  ['ctrl_status', u8, count, ''],
  ['lnext', u8, count, ''],
  ['erasing', u8, count, ''],
  ['raw', u8, count, ''],
  ['real_raw', u8, count, ''],
  ['icanon', u8, count, ''],
  ['closing', u8, count, ''],
  ['padding', gap, opaque, 'zero'],
  ['read_flags', bytes(512, 4), opaque, 'a bit for each byte of input'],
  ['pad', gap, opaque, 'zero'],
]);
