import { gap, s32, u32 } from '../../layout/field.js';
import { layout } from '../../layout/layout.js';
import { count, hex, id, opaque } from '../../layout/unit.js';
import { first } from './nested.js';
import { refersTo } from './objref.js';

const OWNER = [
  ['uid', u32, id, 'real user'],
  ['suid', u32, id, ''],
  ['euid', u32, id, ''],
  ['fsuid', u32, id, ''],
  ['gid', u32, id, 'real group'],
  ['sgid', u32, id, ''],
  ['egid', u32, id, ''],
  ['fsgid', u32, id, ''],
  ['user_ref', s32, refersTo('USER', { strict: true }), 'the user'],
  ['groupinfo_ref', s32, refersTo('GROUPINFO', { strict: true }), 'supplementary groups'],
] as const;

const CAPABILITIES = [
  ['cap_i_0', first(u32), hex, 'inheritable'],
  ['cap_i_1', u32, hex, ''],
  ['cap_p_0', u32, hex, 'permitted'],
  ['cap_p_1', u32, hex, ''],
  ['cap_e_0', u32, hex, 'effective'],
  ['cap_e_1', u32, hex, ''],
  ['cap_b_0', u32, hex, 'bounding set'],
  ['cap_b_1', u32, hex, ''],
  ['securebits', u32, hex, 'SECBIT_*'],
  ['padding', gap, opaque, 'zero'],
] as const;

/** Credentials of a task. Source: spec/cr-stream.md 8.11, 8.12. */
export const CRED_V17 = layout('CRED', [...OWNER, ...CAPABILITIES]);

/** Since v19-rc1. */
export const CRED = layout('CRED', [
  ...OWNER,
  ['sec_ref', s32, refersTo('SECURITY', { strict: false }), 'security context'],
  ['pad', gap, opaque, 'zero'],
  ...CAPABILITIES,
]);

/** Supplementary groups: `ngroups` of GROUP_ID follow, and 4 bytes of padding. */
export const GROUPINFO = layout('GROUPINFO', [['ngroups', u32, count, 'number of groups']], { aligned: 4 });

export const GROUP_ID = layout('groups[]', [['gid', u32, id, 'group; the last one is padding']], { aligned: 4 });

export const USER = layout('USER', [
  ['uid', u32, id, 'user'],
  ['userns_ref', s32, refersTo('USER_NS', { strict: true }), 'its namespace'],
]);

export const USER_NS = layout('USER_NS', [
  ['creator_ref', s32, refersTo('USER', { strict: true }), 'who created it; 0: the first one'],
  ['pad', gap, opaque, 'zero'],
]);

export const TASK_CREDS = layout('TASK_CREDS', [
  ['cred_ref', s32, refersTo('CRED', { strict: true }), 'of the task'],
  ['ecred_ref', s32, refersTo('CRED', { strict: true }), 'it acts with'],
]);
