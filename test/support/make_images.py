#!/usr/bin/env python3
"""Makes checkpoint images of every group from spec/cr-stream.md alone, each with a JSON description beside it.

Shares no code and no table with the library, so that a mistake would have to be made twice to go unseen.
Usage: make_images.py FOLDER. Descriptions are as fixtures/golden/README.md has them, without most `fields`.
"""

import hashlib
import json
import os
import random
import struct
import sys

HEAD_MAGIC = 0x00FEED0CC0A2D200
TAIL_MAGIC = 0x002D2A0CC0DEEF00
PAGE = 4096
ZERO_PAGE = bytes(PAGE)

TEXT_FLAGS, DATA_FLAGS, HEAP_FLAGS = 0x08001875, 0x08100073, 0x00100073
STACK_FLAGS, SHARED_FLAGS, SHARED_FILE_FLAGS, VDSO_FLAGS = 0x00100173, 0x001000FB, 0x080000FB, 0x04040075

LONG_PATH = b'/' + b'/'.join([b'd' * 127] * 31 + [b'e' * 126])
WEIRD_PATH = b'/tmp/we\nird \x1b[31m \xc3\xa9 \xff\xfe (deleted)\x7f'
WEIRD_COMM = b'a\tb\n\x1b]0;x\x07\xff\xc3'
assert len(LONG_PATH) == 4095


def page_of(key):
    """4096 bytes told apart by their key; None is a page of zeros."""
    return ZERO_PAGE if key is None else hashlib.sha256(repr(key).encode()).digest() * (PAGE // 32)


def text_json(data):
    data = data.split(b'\0')[0]
    try:
        return data.decode('utf-8')
    except UnicodeDecodeError:
        return {'hex': data.hex()}


def number_json(value):
    return value if abs(value) <= 2**53 else str(value)


def fields(size, *members, fill=None):
    """A struct of `size` bytes from (offset, format, value...) members; bytes in no member are padding."""
    out = bytearray(fill(size) if fill else size)
    for offset, kind, *values in members:
        struct.pack_into('<' + kind, out, offset, *values)
    return bytes(out)


class Stream:
    """Writes a stream to a file and notes its records. Zero pages become holes."""

    def __init__(self, path, name, seed):
        self.out = open(path, 'wb')
        self.name, self.pos, self.records, self.tasks, self.mms = name, 0, [], [], []
        self.random = random.Random(seed)
        self.trailing, self.complete = 0, True

    def bytes(self, data):
        if data is ZERO_PAGE:
            self.out.seek(PAGE, 1)
        else:
            self.out.write(data)
        self.pos += len(data)

    def note(self, length, kind, name, **more):
        self.records.append({'offset': self.pos, 'length': length, 'type': kind, 'name': name, **more})

    def raw(self, name, data, **more):
        if not data:
            return
        self.note(len(data), None, name, **more)
        self.bytes(data)

    def pad(self, size):
        return bytes(self.random.randrange(1, 256) for _ in range(size))

    def u64(self, bits=64):
        return self.random.getrandbits(bits)

    def description(self, **more):
        size = self.pos - self.trailing
        return {'format': 'linux-cr', 'endian': 'little', **more, 'size': size, 'trailing': self.trailing,
                'complete': self.complete, 'records': self.records, 'tasks': self.tasks, 'mms': self.mms}


# What is mapped, in words of no format: addresses, contents by key.

class Map:
    def __init__(self, start, end, flags, prot=0x25, pgoff=0, name=None, pages=(), kind=None, **more):
        self.start, self.end, self.flags, self.prot, self.pgoff = start, end, flags, prot, pgoff
        self.name, self.pages, self.kind, self.more = name, list(pages), kind, more


def keyed(base, indices, key):
    return [(base + i * PAGE, (key, i)) for i in indices]


def layout_of(word):
    """Text, heap, library, hole, odd file, stack; the last mapping ends where the address space does."""
    high, top = (0x7F5A00000000, 1 << 47) if word == 8 else (0xB7600000, 1 << 32)
    nx = 1 << 63 if word == 8 else 0
    return [
        Map(0x400000, 0x404000, TEXT_FLAGS, 0x25, 0, b'/usr/local/bin/counter'),
        Map(0x603000, 0x606000, DATA_FLAGS, 0x25 | nx, 3, b'/usr/local/bin/counter', keyed(0x603000, [0, 2], 'data')),
        Map(0x606000, 0x646000, HEAP_FLAGS, 0x25 | nx, 0x606, None,
            keyed(0x606000, [0, 1, 2, 5, 9, 10, 40, 63], 'heap') ),
        Map(high, high + 0x10000, 0x08000075, 0x25, 18, b'/lib/libc-2.7.so', keyed(high, [5], 'libc')),
        Map(high + 0x10000, high + 0x18000, 0x70, 0xA0),
        Map(high + 0x18000, high + 0x1A000, 0x08000071, 0x25 | nx, 7, WEIRD_PATH, keyed(high + 0x18000, [1], 'odd')),
        Map(high + 0x1A000, high + 0x1B000, 0x08000071, 0x25 | nx, 0, LONG_PATH),
        Map(top - 0x15000, top, STACK_FLAGS, 0x25 | nx, 0x7FFFFFFEB if word == 8 else 0xBFFEB, None,
            keyed(top - 0x15000, [17, 18, 20], 'stack')),
    ]


def area_json(area, pages, kind, kind_name, **more):
    return {'start': area.start, 'end': area.end, 'prot': number_json(area.prot), 'flags': area.flags,
            'pgoff': area.pgoff, 'type': kind, 'type_name': kind_name,
            'file': None if area.name is None else text_json(area.name), **more, 'pages': pages}


def sha(data):
    return hashlib.sha256(data).hexdigest()


ZERO_SHA = sha(ZERO_PAGE)


# ---------------------------------------------------------------- cr family, spec/cr-stream.md 4 and 5

CR_TYPES = {
    # STRING, FNAME, TASK, THREAD, CPU, MM_CONTEXT
    'A': (2, 3, 101, 102, 103, 203),
    'B': (2, 3, 101, 102, 103, 203),
    'C': (2, 3, 101, 102, 103, 204),
    'D1': (3, 4, 102, 103, 104, 204),
    'D2': (4, 5, 102, 103, 104, 204),
}
CR_FIXED = {'HEAD': 1, 'HEAD_ARCH': 2, 'TREE': 101, 'MM': 201, 'VMA': 202, 'PGARR': 203, 'FILES': 301,
            'FD_ENT': 302, 'FD_DATA': 303, 'TAIL': 5001}
REGISTERS = 33


class CrTask:
    def __init__(self, pid, comm, maps, tgid=None, ppid=1, files=(), ldt=0, ntls=2, fpu=True, state=0):
        self.pid, self.comm, self.maps, self.tgid, self.ppid = pid, comm, maps, tgid or pid, ppid
        self.files, self.ldt, self.ntls, self.fpu, self.state = list(files), ldt, ntls, fpu, state


class Cr(Stream):
    def __init__(self, path, name, group, word, rev=None, **options):
        super().__init__(path, name, name)
        self.group, self.word, self.options = group, word, options
        self.rev = rev if rev is not None else {'A': 1, 'B': 2, 'C': 2}.get(group, 3)
        names = ('STRING', 'FNAME', 'TASK', 'THREAD', 'CPU', 'MM_CONTEXT')
        self.types = {**CR_FIXED, **dict(zip(names, CR_TYPES[group]))}
        if group in ('D1', 'D2') and self.rev < 3:
            self.types.update(TASK=101, THREAD=102, CPU=103)
        self.known_files = {}
        self.context_pid = 0

    @property
    def is_d(self):
        return self.group.startswith('D')

    def rec(self, name, payload, parent=0):
        if self.group == 'A':
            parent = self.context_pid
        kind = self.types[name]
        self.note(8 + len(payload), kind, name, parent=parent)
        self.bytes(struct.pack('<hhI', kind, len(payload), parent) + payload)

    def st(self, size, *members):
        return fields(size, *members, fill=self.pad)

    def image(self, tasks):
        self.context_pid = tasks[0].pid if tasks else 77
        self.head()
        if self.is_d:
            size = self.options.get('xstate', 512)
            self.rec('HEAD_ARCH', self.st(8, (0, 'HHH', 1, int(size > 512), size)))
        if self.is_d and self.rev == 3:
            self.rec('TREE', self.st(8, (0, 'I', len(tasks))))
            entry = lambda task: self.st(16, (0, 'iii', task.pid, task.tgid, task.ppid))
            self.raw('raw:pids', b''.join(entry(task) for task in tasks))
        for task in tasks:
            self.task(task)
        self.rec('TAIL', struct.pack('<Q', TAIL_MAGIC))
        trailing = self.options.get('trailing', b'')
        self.trailing = len(trailing)
        self.raw('raw:trailing', trailing)
        return self

    def head(self):
        machine = self.options.get('machine', b'x86_64' if self.word == 8 else b'i686')
        start = (0, 'QHHHHQQ', HEAD_MAGIC, 2, 6, 28, self.rev, 1228500000, 1)
        if self.options.get('short_head'):
            return self.rec('HEAD', fields(32, start))
        names = (b'2.6.28-' + b'r' * 57, b'#1 SMP ' + b'v' * 57) if self.options.get('long_uts') else (b'2.6.28', b'#1')
        self.rec('HEAD', fields(224, start, (32, '64s64s64s', *names, machine)))

    def task(self, task):
        self.task_record(task)
        self.mm(task)
        if self.rev >= 2 and self.group != 'A':
            self.files(task)
        if self.group == 'A':
            self.rec('THREAD', struct.pack('<hhh', 3, 24, task.ntls), task.pid)
        else:
            self.rec('THREAD', self.st(8, (0, 'hhh', 3, 24, task.ntls)), task.pid)
        if task.ntls or (not self.is_d and not self.options.get('tls_absent')):
            self.raw('raw:tls', bytes.fromhex('ff0f001012f2c055') * task.ntls + bytes(8 * (3 - task.ntls)))
        self.cpu(task)
        fds = [{'fd': fd, 'file': text_json(file[0])} for fd, file in task.files] if self.group != 'A' else []
        self.tasks.append({'index': len(self.tasks), 'pid': task.pid if self.knows_pid() else None,
                           'comm': text_json(task.comm), 'zombie': False, 'mm': len(self.mms) - 1,
                           'fds': fds if self.rev >= 2 else []})

    def knows_pid(self):
        return True

    def task_record(self, task):
        comm = task.comm.ljust(16, b'\0')
        if self.options.get('inline_comm') or self.group == 'A':
            plain = struct.pack('<IIIII', task.state, 0, 0, 17, 16)
            more = self.pad(28) if self.group == 'B' else b''
            return self.rec('TASK', plain + more + comm)
        self.rec('TASK', self.st(24, (0, 'IIIIi', task.state, 0, 0, 17, 16)))
        self.rec('STRING', comm)

    def mm(self, task):
        maps = task.maps
        addresses = (0x400000, 0x402ABC, 0x603ABC, 0x604708, 0x606000, 0x640DDD, 0x7FFE1230, 0x7FFE6000, 0x7FFE6008,
                     0x7FFE6008, 0x7FFE6FE8)
        if self.group == 'A':
            size = 104 if self.word == 8 else 96
            base = 8 if self.word == 8 else 4
            body = fields(size, (0, 'I', 1), (base, '11Q', *addresses), (base + 88, 'h', len(maps)), fill=self.pad)
        else:
            body = struct.pack('<II11Q', 0, len(maps), *addresses)
        self.rec('MM', body, task.pid)
        self.mms.append({'objref': 0, 'exe': None, 'nldt': task.ldt, 'vmas': [self.vma(area) for area in maps]})
        shape = (0, 'hh', 8, task.ldt)
        self.rec('MM_CONTEXT', fields(4, shape) if self.group == 'A' else self.st(8, shape))
        self.raw('raw:ldt', b''.join(struct.pack('<Q', 0x55C0F2121000 + i) for i in range(task.ldt)))

    def vma(self, area):
        kind = 1 if area.name is None else 2
        numbers = (area.start, area.end, area.prot, area.flags, area.pgoff)
        end = b'' if self.options.get('no_nul') else b'\0'
        name = b'' if area.name is None else area.name + end
        if self.group == 'A':
            size, base = (56, 8) if self.word == 8 else (48, 4)
            self.rec('VMA', fields(size, (0, 'I', kind), (base, '5Q', *numbers),
                                   (base + 40, 'hh', len(area.pages), len(name)), fill=self.pad))
            if name:
                self.rec('STRING', name)
        elif self.group == 'B':
            self.rec('VMA', self.st(56, (0, 'I', kind), (8, 'q', len(area.pages)), (16, '5Q', *numbers)))
        else:
            self.rec('VMA', self.st(48, (0, 'I', kind), (8, '5Q', *numbers)))
        if name and self.group != 'A':
            self.rec('FNAME', name)
        pages = self.contents(area)
        return area_json(area, pages, kind, 'ANON' if kind == 1 else 'FILE')

    def contents(self, area):
        if self.group in 'AB':
            return self.chunk(area.pages)
        limit = 2048 if self.word == 8 else 4096
        pages, done = [], 0
        for size in self.chunk_sizes(area, limit):
            count = done + size if self.options.get('cumulative') and done >= limit else size
            self.rec('PGARR', struct.pack('<Q', count))
            pages += self.chunk(area.pages[done:done + size])
            done += size
        self.rec('PGARR', struct.pack('<Q', 0))
        return pages

    def chunk_sizes(self, area, limit):
        left = len(area.pages)
        if self.options.get('cumulative') and left > limit:
            yield limit
            left -= limit
            for step in self.options['cumulative']:
                yield min(step, left)
                left -= min(step, left)
        while left > 0:
            yield min(left, limit)
            left -= min(left, limit)

    def chunk(self, pages):
        self.raw('raw:vaddrs', struct.pack(f'<{len(pages)}{"Q" if self.word == 8 else "I"}', *[a for a, _ in pages]))
        if pages:
            self.note(len(pages) * PAGE, None, 'raw:pages')
        return [self.page(vaddr, key) for vaddr, key in pages]

    def page(self, vaddr, key):
        data = page_of(key)
        found = [vaddr, self.pos, ZERO_SHA if key is None else sha(data)]
        self.bytes(data)
        return found

    def files(self, task):
        self.rec('FILES', struct.pack('<II', 0, len(task.files)), task.pid)
        for fd, file in task.files:
            path, kind = file[0], file[1]
            known = file in self.known_files
            ref = self.known_files.setdefault(file, len(self.known_files) + 1)
            self.rec('FD_ENT', self.st(16, (0, 'IiI', ref, fd, fd % 2)))
            if not known:
                self.rec('FD_DATA', struct.pack('<HHIQQ', kind, 3, 0x8002, 2**53 + 1, 77), ref)
                self.rec('FNAME', path + b'\0')

    def cpu(self, task):
        registers = [self.u64(64 if self.word == 8 else 32) for _ in range(REGISTERS)]
        registers[16], registers[19], registers[17], registers[20] = 0x400500, 0x7FFE1230, 0x33, 0x2B
        if self.word == 4:
            registers[17], registers[20] = 0x73, 0x7B
        front = struct.pack('<33Q', *registers)
        if self.is_d:
            self.rec('CPU', front + struct.pack('<II', 0, int(task.fpu)), task.pid)
            return self.raw('raw:xstate', self.pad(self.options.get('xstate', 512)) if task.fpu else b'')
        size, at = (896, 320) if self.options.get('wide_cpu') else (784, 272)
        self.rec('CPU', front + self.st(size - 264, (0, 'HHH', 0, int(task.fpu), 1)), task.pid)


CR_FILES = [(0, (b'/dev/null', 1)), (1, (b'/dev/null', 1)), (2, (b'/var/log/counter.log', 1)), (5, (b'/etc', 2)),
            (9, (WEIRD_PATH, 1)), (1023, (LONG_PATH, 1))]


def wide_map(count, step=1, zero=True):
    """One mapping with `count` pages, nearly all of zeros."""
    base = 0x10000000
    keys = lambda i: ('wide', i) if i % 700 == 3 or not zero else None
    return Map(base, base + (count * step + 2) * PAGE, HEAP_FLAGS, 0x25, base // PAGE, None,
               [(base + i * step * PAGE, keys(i)) for i in range(count)])


def cr_rich(word, **more):
    return CrTask(4711, WEIRD_COMM, layout_of(word), files=CR_FILES, ldt=3, **more)


def cr_tree(word):
    return [
        cr_rich(word),
        CrTask(4712, b'worker \xe2\x82\xac', layout_of(word)[2:4], ppid=4711, files=CR_FILES[:3], ntls=0, fpu=False),
        CrTask(4713, b'x' * 15, [], tgid=4712, ppid=4711, files=CR_FILES[1:2], state=1),
        CrTask(4800, b'', layout_of(word)[-1:], ppid=4712, files=[], ldt=1, state=4),
    ]


def cr_images(make):
    for word, arch in ((4, 'x86_32'), (8, 'x86_64')):
        one = [cr_rich(word)]
        bare = [CrTask(7, b'bare', [], ntls=0, fpu=False)]
        make(Cr, f'A-v1-{arch}', 'A', word, one, groups=['A'])
        make(Cr, f'A-v1-short-head-{arch}', 'A', word, one, groups=['A'], short_head=True)
        make(Cr, f'A-v1-no-nul-{arch}', 'A', word, one, groups=['A'], no_nul=True)
        make(Cr, f'B-v2-inline-comm-{arch}', 'B', word, one, groups=['B'], inline_comm=True)
        make(Cr, f'B-v3-{arch}', 'B', word, one, groups=['B'])
        make(Cr, f'B-v4-bare-{arch}', 'B', word, bare, groups=['B', 'C'])
        make(Cr, f'C-v6-{arch}', 'C', word, one, groups=['C'])
        make(Cr, f'C-v6-no-tls-used-{arch}', 'C', word, [cr_rich(word, ntls=0)], groups=['C'])
        make(Cr, f'C-v8-no-tls-array-{arch}', 'C', word, [cr_rich(word, ntls=0)], groups=['C'], tls_absent=True)
        make(Cr, f'C-v8-wide-cpu-{arch}', 'C', word, one, groups=['C'], wide_cpu=True)
        make(Cr, f'C-v8-wide-cpu-no-tls-array-{arch}', 'C', word, [cr_rich(word, ntls=0, fpu=False)], groups=['C'],
             wide_cpu=True, tls_absent=True)
        make(Cr, f'C-no-files-{arch}', 'C', word, one, groups=['C'], rev=1)
        make(Cr, f'C-bare-{arch}', 'C', word, bare, groups=['C'])
        for group in ('D1', 'D2'):
            make(Cr, f'{group}-{arch}', group, word, one, groups=[group], long_uts=True)
            make(Cr, f'{group}-tree-{arch}', group, word, cr_tree(word), groups=[group], xstate=832)
            make(Cr, f'{group}-no-files-rev1-{arch}', group, word, one, groups=[group], rev=1)
            make(Cr, f'{group}-no-tree-rev2-{arch}', group, word, one, groups=[group], rev=2, xstate=576)
            make(Cr, f'{group}-bare-{arch}', group, word, bare, groups=[group], trailing=b'left over\n\0\1')
        odd = (b'x86_64' if word == 8 else b'i686').ljust(64, b'-')
        make(Cr, f'D2-odd-machine-{arch}', 'D2', word, one, groups=['D2'], machine=odd, long_uts=True)
        make(Cr, f'D2-no-machine-{arch}', 'D2', word, cr_tree(word), groups=['D2'], machine=b'')
        make(Cr, f'C-no-machine-{arch}', 'C', word, one, groups=['C'], machine=b'')
        limit = 2048 if word == 8 else 4096
        for group in ('C', 'D1', 'D2'):
            few = [CrTask(12, b'cumulative', [wide_map(limit + 700), *layout_of(word)[-1:]])]
            steps = [512, 0, 0, 100, 88] if word == 8 else [600, 0, 30, 70]
            make(Cr, f'{group}-cumulative-{arch}', group, word, few, groups=[group], cumulative=steps)
    make(Cr, 'D2-wide-x86_32', 'D2', 4, [CrTask(12, b'wide', [wide_map(2 * 4096 + 1)])], groups=['D2'])
    make(Cr, 'D2-wide-x86_64', 'D2', 8, [CrTask(12, b'wide', [wide_map(2 * 2048, 3)])], groups=['D2'])
    make(Cr, 'B-wide-x86_32', 'B', 4, [CrTask(12, b'wide', [wide_map(5000)])], groups=['B'])


# ---------------------------------------------------------------- ckpt family, spec/cr-stream.md 7 to 10

ORDER = ['F1', 'F2', 'F3', 'G1', 'G2', 'G3', 'H1', 'H3', 'J1', 'J2', 'J3']
REVISIONS = {'F1': 'v16', 'F2': 'v17', 'F3': 'v18', 'G1': 'v19-dev', 'G2': 'v19-rc1/rc2', 'G3': 'v19-rc3', 'H1': 'v19/v20',
             'H3': 'v21/v22', 'J1': 'v23-rc1', 'J2': 'v23 + pid objects', 'J3': 'v23-rc2'}
HEAD_REV = {'F1': 1, 'F2': 1, 'F3': 2, 'G1': 3, 'G2': 4, 'G3': 5, 'H1': 5}
KERNEL = {'F1': 30, 'F2': 30, 'F3': 30, 'G1': 31, 'G2': 31, 'G3': 33, 'H1': 33, 'H3': 33, 'J1': 37, 'J2': 37, 'J3': 38}
CKPT_TYPES = """
HEADER 1 1 1 1 1 1 1 1 1
HEADER_ARCH 2 2 2 2 2 2 2 2 2
CONTAINER - - - 3 3 3 3 3 3
BUFFER 3 3 3 4 4 4 4 4 4
STRING 4 4 4 5 5 5 5 5 5
OBJREF 5 5 5 6 6 6 6 6 6
LSM_INFO - - - - 7 7 7 7 7
SECURITY - - - - 8 8 8 8 8
PIDS - - - - - - - 101 101
TREE 101 101 101 101 101 101 101 102 102
TASK 102 102 102 102 102 102 102 103 103
TASK_NS 103 103 103 103 103 103 103 104 104
TASK_OBJS 104 104 104 104 104 104 104 105 105
RESTART_BLOCK 105 105 105 105 105 105 105 106 106
THREAD 106 106 106 106 106 106 106 107 107
CPU 107 107 107 107 107 107 107 108 108
NS 108 108 108 108 108 108 108 109 109
UTS_NS 109 109 109 109 109 109 109 110 110
IPC_NS 110 110 110 110 110 110 110 111 111
MNT_NS - - - - - 111 111 112 112
USER_NS - 112 112 112 112 113 113 114 114
CRED - 113 113 113 113 114 114 115 115
USER - 114 114 114 114 115 115 116 116
GROUPINFO - 115 115 115 115 116 116 117 117
TASK_CREDS - 116 116 116 116 117 117 118 118
THREAD_TLS 201 - - - - - - - -
CPU_FPU 202 201 201 201 201 201 201 201 201
MM_CONTEXT_LDT 203 202 202 202 202 202 202 202 202
FILE_TABLE 301 301 301 301 301 301 301 301 301
FILE_DESC 302 302 302 302 302 302 302 302 302
FILE_NAME 303 303 303 303 303 303 303 303 303
FILE 304 304 304 304 304 304 304 304 304
FILE_PIPE 305 305 - - - - - - -
PIPE_BUF - - 305 305 305 305 305 305 305
TTY - - 306 306 306 306 306 306 306
TTY_LDISC - - 307 307 307 307 307 307 307
EPOLL_ITEMS - - - 308 308 308 308 308 308
MM 401 401 401 401 401 401 401 401 401
VMA 402 402 402 402 402 402 402 402 402
PGARR 403 403 403 403 403 403 403 403 403
HPAGE - - - - - - - - 404
MM_CONTEXT 404 404 404 404 404 404 404 404 405
FS - - - - - 451 451 451 451
IPC 501 501 501 501 501 501 501 501 501
IPC_SHM 502 502 502 502 502 502 502 502 502
IPC_MSG 503 503 503 503 503 503 503 503 503
IPC_MSG_MSG 504 504 504 504 504 504 504 504 504
IPC_SEM 505 505 505 505 505 505 505 505 505
TASK_SEM_UNDO_LIST - - - - - - 506 506 506
TASK_SEM_UNDO - - - - - - 507 507 507
SIGHAND - 601 601 601 601 601 601 601 601
SIGNAL - - 602 602 602 602 602 602 602
SIGNAL_TASK - - 603 603 603 603 603 603 603
SIGPENDING - - 604 604 604 604 604 604 604
SOCKET - - 701 701 701 701 701 701 701
SOCKET_QUEUE - - 702 702 702 702 702 702 702
SOCKET_BUFFER - - 703 703 703 703 703 703 703
SOCKET_FRAG - - - - 704 704 704 704 704
SOCKET_UNIX - - 704 704 705 705 705 705 705
SOCKET_INET - - - 705 706 706 706 706 706
NET_NS - - - - - 707 707 707 707
NETDEV - - - - - 708 708 708 708
NETDEV_ADDR - - - - - 709 709 709 709
TAIL 9001 9001 9001 9001 9001 9001 9001 9001 9001
ERROR 9999 9999 9999 9999 9999 9999 9999 9999 9999
"""
TYPE_COLUMN = {'F1': 0, 'F2': 1, 'F3': 2, 'G1': 3, 'G2': 4, 'G3': 5, 'H1': 5, 'H3': 5, 'J1': 6, 'J2': 7, 'J3': 8}
OBJECT_TYPES = """
PID - - - - - - 1
FILE_TABLE 2 2 2 2 2 2 3
FILE 3 3 3 3 3 3 4
MM 4 4 4 4 4 4 5
FS - - - - 5 5 6
SIGHAND - 5 5 5 6 6 7
NS 5 6 7 7 8 8 9
UTS_NS 6 7 8 8 9 9 10
IPC_NS 7 8 9 9 10 10 11
MNT_NS - - - - 11 11 12
USER_NS - 9 10 10 12 12 13
CRED - 10 11 11 13 13 14
USER - 11 12 12 14 14 15
GROUPINFO - 12 13 13 15 15 16
SOCK - - 14 14 16 16 17
TTY - - 15 15 17 17 18
SECURITY - - - 17 19 19 20
NET_NS - - - - 20 20 21
NETDEV - - - - 21 21 22
SEM_UNDO - - - - - 22 23
"""
OBJECT_COLUMN = {'F1': 0, 'F2': 1, 'F3': 2, 'G1': 2, 'G2': 3, 'G3': 4, 'H1': 4, 'H3': 4, 'J1': 5, 'J2': 6, 'J3': 6}
VDSO, ANON, FILE, SHM_ANON, SHM_ANON_SKIP, SHM_FILE, SHM_IPC_SKIP = 1, 2, 3, 4, 5, 6, 8
NINE, TEN = 9, 10
VMA_NAMES = {1: 'VDSO', 2: 'ANON', 3: 'FILE', 4: 'SHM_ANON', 5: 'SHM_ANON_SKIP', 6: 'SHM_FILE', 8: 'SHM_IPC_SKIP',
             9: 'HUGETLB', 10: 'HUGETLB_SKIP'}
WITH_CONTENTS = (ANON, FILE, SHM_ANON)


def column(table, index):
    rows = [line.split() for line in table.strip().splitlines()]
    return {row[0]: int(row[1 + index]) for row in rows if row[1 + index] != '-'}


class CkptTask:
    """`mm`, `files`, `fs`, `sighand`, `signal` are keys: tasks with the same key share the object."""

    def __init__(self, pid, comm, ppid=0, tgid=None, pgid=None, sid=None, zombie=False, mm=None, files=None, ldt=0,
                 tls=2, fpu=True, restart=1, pending=0, shared_pending=0, below=(), maps=(), fds=(), signal=None,
                 undo=False):
        self.pid, self.comm, self.ppid, self.tgid = pid, comm, ppid, tgid or pid
        self.pgid, self.sid, self.zombie, self.below = pgid or self.tgid, sid or 1, zombie, list(below)
        self.mm, self.files, self.maps, self.fds = mm or pid, files or pid, maps, fds
        self.ldt, self.tls, self.fpu, self.restart = ldt, tls, fpu, restart
        self.pending, self.shared_pending, self.signal, self.undo = pending, shared_pending, signal or self.tgid, undo


class Cut(Exception):
    """The writer fails here: an ERROR record ends the stream."""


class Ckpt(Stream):
    def __init__(self, path, name, group, word, **options):
        super().__init__(path, name, name)
        self.group, self.word, self.options = group, word, options
        self.types = column(CKPT_TYPES, TYPE_COLUMN[group])
        if self.is_early_g2:
            self.types.update(SOCKET_UNIX=704, SOCKET_INET=705)
        self.objtypes = column(OBJECT_TYPES, OBJECT_COLUMN[group])
        self.refs, self.next_ref, self.used = {}, options.get('first_pid', 1), set()
        self.seen_pipes, self.deferred, self.saved = set(), [], {}
        self.mm_index = {}

    def since(self, group):
        return ORDER.index(self.group) >= ORDER.index(group)

    @property
    def is_early_g2(self):
        return self.group == 'G2' and not self.options.get('december')

    @property
    def wide_tty(self):
        return self.since('J2') or (self.group == 'J1' and self.options.get('january_10'))

    def rec(self, name, body, **more):
        """`body` has the 8 header bytes in front, so that offsets are the specification's."""
        self.cut_before(name)
        kind = self.types[name]
        self.note(len(body), kind, name, **more)
        self.bytes(struct.pack('<II', kind, len(body)) + body[8:])

    def cut_before(self, name):
        where = self.options.get('cut')
        if where and where[0] == name:
            self.options['cut'] = None if where[1] == 0 else (name, where[1] - 1)
            if where[1] == 0:
                raise Cut()

    def data(self, name, data):
        self.rec(name, bytes(8) + data)

    def new_ref(self):
        if self.options.get('sparse'):
            while (ref := self.random.randrange(1, 5000)) in self.used:
                pass
        else:
            ref = self.next_ref
            self.next_ref += 1
        self.used.add(ref)
        return ref

    def obj(self, kind, key, section):
        """The object's number; its OBJREF and section are written the first time."""
        if (kind, key) not in self.refs:
            ref = self.refs[kind, key] = self.new_ref()
            self.rec('OBJREF', fields(16, (8, 'Ii', self.objtypes[kind], ref)))
            section()
        return self.refs[kind, key]

    # -- head

    def image(self, tasks):
        try:
            self.head()
            self.container()
            self.tree(tasks)
            for task in tasks:
                self.task(task)
            self.rec('TAIL', fields(16, (8, 'Q', TAIL_MAGIC)))
        except Cut:
            self.complete = False
            self.note(8, 9999, 'ERROR')
            self.bytes(struct.pack('<II', 9999, 8))
            self.data('STRING', b'\0[err -14][pid 12] page fault\x1b[2J\0')
        trailing = self.options.get('trailing', b'')
        self.trailing = len(trailing)
        self.raw('raw:trailing', trailing)
        return self

    @property
    def auxv_entries(self):
        return 44 if self.word == 8 or self.since('G3') else 42

    def head(self):
        arch = 1 if self.word == 4 else 5 if self.group == 'G2' else 2
        rev = self.options.get('rev', HEAD_REV.get(self.group, 6))
        flags = self.options.get('uflags', 1)
        start = (8, 'Q5H', HEAD_MAGIC, arch, 2, 6, KERNEL[self.group], rev)
        if self.group == 'F1':
            self.rec('HEADER', fields(48, start, (26, 'HHH', 65, 65, 65), (32, 'QQ', 1272672000, flags)))
        else:
            auxv = self.auxv_entries * (1 if self.since('H1') else self.word)
            later = (16, 4096, 19 if self.wide_tty else 8) if self.since('F3') else (0, 0, 0)
            constants = (32, '12H', 16, auxv, 64, 65, 65, 65, 65, 65, 65, *later)
            self.rec('HEADER', fields(72, start, constants, (56, 'QQ', 1272672000, flags)))
        release = b'r' * 64 if self.options.get('long_uts') else b'2.6.33-ckpt'
        version = b'v' * 64 if self.options.get('long_uts') else b'#9 SMP'
        for text in (release, version, b'x86_64' if self.word == 8 else b'i686'):
            self.data('BUFFER', text.ljust(65, b'\0'))
        size = self.options.get('xstate', 512)
        self.rec('HEADER_ARCH', fields(16, (8, 'HHH', 1, int(size > 512), size)))

    def container(self):
        if not self.since('G1'):
            return
        self.rec('CONTAINER', bytes(8))
        if self.since('G2'):
            lsm = self.options.get('lsm')
            self.data('BUFFER', (lsm or b'default').ljust(11, b'\0'))
            self.data('LSM_INFO', b'version=24;' * 9 if lsm else b'dummy')

    def tree(self, tasks):
        if self.since('J2'):
            return self.pid_objects(tasks)
        self.rec('TREE', fields(16, (8, 'i', len(tasks))))
        last = lambda task: len(task.below) if self.since('H3') else 0
        entry = lambda t: struct.pack('<6i', t.pid, t.ppid, t.tgid, t.pgid, t.sid, last(t))
        self.data('BUFFER', b''.join(entry(task) for task in tasks))
        below = [number for task in tasks for number in task.below] if self.since('H3') else []
        if below:
            self.data('BUFFER', struct.pack(f'<{len(below)}i', *below))

    def pid_objects(self, tasks):
        numbers = {}
        for task in tasks:
            for pid in (task.pid, task.tgid, task.pgid, task.sid):
                numbers.setdefault(pid, [])
            numbers[task.pid] = task.below
            if task.ppid:
                numbers.setdefault(task.ppid, [])
        first = self.next_ref = self.options.get('first_pid', 1)
        refs = {pid: first + i for i, pid in enumerate(numbers)}
        self.next_ref = first + len(refs)
        self.used.update(refs.values())
        nested = sum(len(below) for below in numbers.values())
        offset = first if self.group == 'J3' else first - 1
        self.rec('PIDS', fields(24, (8, 'III', len(refs), nested, offset)))
        pack = lambda pid, below: struct.pack(f'<I{1 + len(below)}i', len(below), pid, *below)
        self.data('BUFFER', b''.join(pack(pid, below) for pid, below in numbers.items()))
        self.rec('TREE', fields(16, (8, 'i', len(tasks))))
        ref = lambda pid: refs[pid] if pid else -4096
        entry = lambda t: struct.pack('<5iI', ref(t.pid), ref(t.ppid), ref(t.tgid), ref(t.pgid), ref(t.sid), len(t.below))
        self.data('BUFFER', b''.join(entry(task) for task in tasks))

    # -- task

    def task(self, task):
        found = {'index': len(self.tasks), 'pid': task.pid, 'comm': text_json(task.comm), 'zombie': task.zombie,
                 'mm': None, 'fds': []}
        self.task_record(task)
        self.data('STRING', task.comm.ljust(16, b'\0'))
        self.tasks.append(found)
        if task.zombie:
            return
        found['partial'] = True
        if not self.since('H1'):
            self.objects(task, found)
        self.thread(task)
        self.rec('RESTART_BLOCK', fields(56, (8, '6Q', task.restart, 1, 2**47 - 4096, 1, 2**63, 987654321)))
        self.cpu(task)
        if self.since('H1'):
            self.objects(task, found)
        if self.since('F3'):
            self.pending(task.pending)
            self.rec('SIGNAL_TASK', fields(16, (8, 'Q', 0x4002)))
        del found['partial']

    def task_record(self, task):
        states = (64, 16, 0x900, 17) if task.zombie else (1, 0, 0, 17)
        tid, clear, compat, size, robust = 0x8051000, 0x8051008, 0xF7001000, 24, 0x8052000
        if self.group == 'F1':
            return self.rec('TASK', fields(32, (8, '5I', *states, 16)))
        if self.group == 'J3':
            return self.rec('TASK', fields(80, (8, 'I', 3), (12, '5I', *states, 9), (32, 'QQ', tid, clear), (48, 'Q', 0x9000),
                                           (56, 'IIII', 8192, 12, compat, size), (72, 'Q', robust)))
        if self.since('H1'):
            body = ((8, '5I', *states, 9), (28, 'III', 12, compat, size), (40, 'QQQ', robust, tid, clear))
            more = ((64, 'QI', 0x9000, 8192),) if self.since('J1') else ()
            return self.rec('TASK', fields(80 if self.since('J1') else 64, *body, *more))
        at, end = (32, 72) if self.word == 8 else (28, 64)
        self.rec('TASK', fields(end, (8, '5I', *states, 9), (at, 'QQIII', tid, clear, 12, compat, size),
                                (end - 8, 'Q', robust)))

    def thread(self, task):
        tls = bytes.fromhex('ff0f001012f2c055') * task.tls + bytes(8 * (3 - task.tls))
        if self.group == 'F1':
            self.rec('THREAD', fields(16, (8, 'HHH', 3, 24, task.tls)))
            return self.data('THREAD_TLS', tls) if task.tls else None
        flags = 1 << 17 if self.word == 4 else 0
        if self.since('J1'):
            return self.rec('THREAD', fields(48, (8, 'QIHH', 0xFFFFE424, flags, 3, 24), (24, '24s', tls)))
        self.rec('THREAD', fields(40, (8, 'IHH', flags, 3, 24), (16, '24s', tls)))

    def cpu(self, task):
        bits = self.word * 8
        general = [self.u64(bits) for _ in range(16)]
        if self.word == 4:
            general = [0 if i in (0, 1, 2, 3, 6, 7, 8, 9) else value for i, value in enumerate(general)]
        ip, sp, flags, debug = 0x400500, 0x7FFE1230, 0x246, (0, 0, 0, 0, 0xFFFF0FF0, 0x400)
        if self.group == 'F1':
            self.rec('CPU', fields(264, (8, '16Q', *general), (136, 'QQQQQQQQQ', ip, 0x73, flags, sp, 0x7B, 0x7B, 0x7B, 0, 0x33),
                                   (208, '6Q', *debug), (256, 'II', 0, int(task.fpu))))
        else:
            codes = (0, 0, 3, 4, 0, 0) if self.word == 8 else (0, 0x4000, 1, 2, 2, 2)
            base = 0x7F5A11223344 if self.word == 8 else 0
            more = () if self.since('G3') else ((192, '6Q', *debug),)
            self.rec('CPU', fields(192 if self.since('G3') else 240, (8, '16Q', *general), (136, '5Q', ip, sp, flags, base, 0),
                                   (176, '6HI', *codes, int(task.fpu)), *more))
        if task.fpu:
            self.data('CPU_FPU', self.pad(self.options.get('xstate', 512)))

    def objects(self, task, found):
        if self.since('F2'):
            self.creds(task)
        if not self.options.get('no_namespaces'):
            self.rec('TASK_NS', fields(16, (8, 'i', self.obj('NS', 'all', self.namespaces))))
        files = self.obj('FILE_TABLE', task.files, lambda: self.file_table(task))
        found['fds'] = [{'fd': fd, 'file': None if file.path is None else text_json(file.path)} for fd, file in task.fds]
        mm = self.obj('MM', task.mm, lambda: self.mm(task))
        found['mm'] = self.mm_index[task.mm]
        fs = self.obj('FS', 'fs', self.fs) if self.since('G3') else 0
        undo = self.obj('SEM_UNDO', task.tgid, self.sem_undo) if self.since('J1') and task.undo else 0
        hand = self.obj('SIGHAND', task.tgid, self.sighand) if self.since('F2') else 0
        fresh = ('SIGNAL', task.signal) not in self.refs
        if self.since('F3') and fresh:
            self.refs['SIGNAL', task.signal] = self.new_ref()
        signal = self.refs.get(('SIGNAL', task.signal), 0)
        if self.group == 'F1':
            return self.rec('TASK_OBJS', fields(16, (8, 'ii', files, mm)))
        if self.group == 'F2':
            return self.rec('TASK_OBJS', fields(24, (8, 'iii', files, mm, hand)))
        if not self.since('G3'):
            self.rec('TASK_OBJS', fields(24, (8, '4i', files, mm, hand, signal)))
        elif not self.since('J1'):
            self.rec('TASK_OBJS', fields(32, (8, '5i', files, mm, fs, hand, signal)))
        else:
            self.rec('TASK_OBJS', fields(32, (8, '6i', files, mm, fs, undo, hand, signal)))
        if fresh:
            self.signal(task)

    # -- credentials and namespaces

    def creds(self, task):
        cred = self.cred('own')
        effective = self.cred('effective') if task.pid % 2 == 0 else cred
        self.rec('TASK_CREDS', fields(16, (8, 'ii', cred, effective)))

    def user_ns(self, depth):
        def section():
            creator = self.user(0, depth - 1) if depth else 0
            self.rec('USER_NS', fields(16, (8, 'i', creator)))
        return self.obj('USER_NS', depth, section)

    def user(self, uid, depth):
        def section():
            self.rec('USER', fields(16, (8, 'Ii', uid, self.user_ns(depth))))
        return self.obj('USER', (uid, depth), section)

    def groups(self, *numbers):
        return self.obj('GROUPINFO', numbers, lambda: self.rec(
            'GROUPINFO', fields(16 + 4 * len(numbers), (8, f'I{len(numbers)}I', len(numbers), *numbers))))

    def cred(self, key):
        def section():
            user, groups = self.user(1000, 1), self.groups(4, 24, 1000) if key == 'own' else self.groups()
            ids = (8, '8I2i', 1000, 1001, 1002, 1003, 100, 101, 102, 103, user, groups)
            if not self.since('G2'):
                return self.rec('CRED', fields(88, ids, (48, '9I', 17, 18, 19, 20, 21, 22, 23, 24, 0)))
            self.rec('CRED', fields(96, ids, (48, 'i', self.security()), (56, '9I', 17, 18, 19, 20, 21, 22, 23, 24, 0)))
        return self.obj('CRED', key, section)

    def security(self):
        if not self.options.get('lsm'):
            return -1

        def section():
            self.rec('SECURITY', fields(16, (8, 'iB', 1, 2)))
            self.data('STRING', b'system_u:system_r:init_t\0')
        return self.obj('SECURITY', 1, section)

    def namespaces(self):
        if self.group == 'F1':
            flags = 0x0C000000 if self.options.get('with_ipc') else 0x04000000
            self.rec('NS', fields(16, (8, 'Ii', flags, self.new_ref())))
            self.rec('UTS_NS', fields(16, (8, 'II', 65, 65)))
            self.data('STRING', b'node-7'.ljust(65, b'\0'))
            self.data('STRING', b'(none)'.ljust(65, b'\0'))
            return self.ipc() if self.options.get('with_ipc') else None
        uts = self.obj('UTS_NS', 'uts', lambda: self.rec('UTS_NS', fields(400, (
            8, '65s65s65s65s65s65s', b'Linux', b'n' * 64, b'2.6', b'#1', b'i686', b'(none)'))))
        ipc = self.obj('IPC_NS', 'ipc', self.ipc)
        if self.options.get('mount_ns'):
            self.obj('MNT_NS', 'mnt', lambda: self.rec('MNT_NS', bytes(8)))
        if not self.since('H3'):
            return self.rec('NS', fields(16, (8, 'ii', uts, ipc)))
        net = self.network() if self.options.get('net') else 0
        self.rec('NS', fields(24, (8, 'iii', uts, ipc, net)))

    def network(self):
        def device(count, kind):
            ref = self.refs['NET_NS', 'net']
            def section():
                mine = self.refs['NETDEV', kind]
                self.rec('NETDEV', fields(40, (8, 'iiiIIHH', ref, mine, 0, 0, count, kind, 3), (28, '6s', b'\2\0\0\0\0\1')))
                if count:
                    self.data('NETDEV_ADDR', b''.join(struct.pack('<H6x4I', 2, 0x0100007F, 0, 255, 0) for _ in range(count)))
            self.obj('NETDEV', kind, section)

        def section():
            self.rec('NET_NS', fields(16, (8, 'i', self.refs['NET_NS', 'net'])))
        ref = self.obj('NET_NS', 'net', section)
        device(2, 1)
        device(0, 2)
        return ref

    def perms(self, number):
        base = struct.pack('<8x7I4xQ', number * 32768, 0xCAFE00 + number, 1000, 100, 0, 0, 0o644, number)
        return base + struct.pack('<ii', -1, 0) if self.since('G2') else base

    def ipc(self):
        self.rec('IPC_NS', fields(56, (8, 'QQ8i', 1 << 25, 1 << 21, 4096, 8192, 16384, 1723, 250, 32000, 32, 128)))
        self.rec('IPC', fields(16, (8, 'II', 502, 2)))
        self.shm(1, [(0, 'sysv0'), (1, 'sysv1'), (3, 'sysv3')], 5)
        self.shm(2, [], 1)
        self.rec('IPC', fields(16, (8, 'II', 503, 1)))
        self.messages([b'short', b'', b'm' * 5000])
        self.rec('IPC', fields(16, (8, 'II', 505, 2)))
        self.semaphores(3, 4)
        self.semaphores(4, 0)

    def shm(self, number, pages, count):
        ref = self.refs['INODE', 'sysv', number] = self.new_ref()
        perms = self.perms(number)
        end = 8 + len(perms)
        shift = (12,) if self.group == 'J3' else (0,)
        self.rec('IPC_SHM', fields(112 if end == 56 else 120, (8, f'{len(perms)}s', perms), (end, '4QiiIII', count * PAGE, 1, 2,
                 3, 10, 11, 0xFFFFFFFF, 0, ref), (end + 52, 'H', *shift)))
        self.saved['sysv', number] = self.contents(pages)

    def messages(self, texts):
        perms = self.perms(9)
        end = 8 + len(perms)
        self.rec('IPC_MSG', fields(end + 56, (8, f'{len(perms)}s', perms), (end, '6Qii', 1, 2, 3, 5005, len(texts), 16384, 5, 6)))
        for text in texts:
            if not self.since('G2'):
                self.rec('IPC_MSG_MSG', fields(16, (8, 'iI', 3, len(text))))
            elif not self.since('G3'):
                self.rec('IPC_MSG_MSG', fields(24, (8, 'iIi', 3, len(text), -1)))
            else:
                self.rec('IPC_MSG_MSG', fields(24, (8, 'qIi', 2**40 if self.word == 8 else 3, len(text), -1)))
            for at in range(0, len(text), 4000):
                self.data('BUFFER', text[at:at + 4000])

    def semaphores(self, number, count):
        perms = self.perms(number)
        end = 8 + len(perms)
        self.rec('IPC_SEM', fields(end + 24, (8, f'{len(perms)}s', perms), (end, 'QQI', 1, 2, count)))
        if count:
            self.data('BUFFER', struct.pack(f'<{2 * count}i', *range(2 * count)))

    def sem_undo(self):
        self.rec('TASK_SEM_UNDO_LIST', fields(16, (8, 'I', 1)))
        self.rec('TASK_SEM_UNDO', fields(16, (8, 'II', 3 * 32768, 4)))
        self.data('BUFFER', struct.pack('<4h', 0, -1, 2, 0))

    # -- files

    def file(self, file):
        return self.obj('FILE', file.key, lambda: self.file_section(file))

    def file_section(self, file):
        ref, tail = 0, b''
        if file.kind in (2, 3):
            ref = self.refs.get(('INODE', file.inode)) or self.refs.setdefault(('INODE', file.inode), self.new_ref())
        elif file.kind == 4:
            ref = self.obj('SOCK', file.key, lambda: self.socket(file))
        elif file.kind == 5:
            ref = self.obj('TTY', file.key, lambda: self.tty(file))
        if file.kind in (2, 3, 4, 5):
            tail = struct.pack('<i4x', ref)
        elif file.kind == 7:
            tail = struct.pack('<QI4x', 0x1122334455667788, 0x800)
        cred = self.cred('own') if self.since('F2') else 0
        secret = struct.pack('<i4x', self.security()) if self.since('G2') else b''
        common = struct.pack('<III', file.kind, 3, 0x8002) + struct.pack('<iQQ', cred, file.pos, 77) + secret
        self.rec('FILE', bytes(8) + common + tail)
        if file.path is not None and file.kind in (1, 3):
            self.data('FILE_NAME', file.path + b'\0')
        if file.kind in (2, 3) and file.inode not in self.seen_pipes and file.contents is not None:
            self.seen_pipes.add(file.inode)
            self.pipe(file.contents)

    def pipe(self, contents):
        if self.since('F3'):
            return self.data('PIPE_BUF', contents)
        self.rec('FILE_PIPE', fields(16, (8, 'i', len(contents))))
        self.raw('raw:pipe', contents)

    def file_table(self, task):
        self.deferred = []
        self.rec('FILE_TABLE', fields(16, (8, 'i', len(task.fds))))
        for fd, file in task.fds:
            fresh = ('FILE', file.key) not in self.refs
            ref = self.file(file)
            self.rec('FILE_DESC', fields(24, (8, 'iiI', ref, fd, fd % 2)))
            if fresh and file.kind == 6:
                self.deferred.append(lambda ref=ref: self.epoll(ref, task))
            if fresh and file.kind == 4:
                self.deferred.append(lambda file=file: self.queues(file))
        for write in self.deferred:
            write()

    def epoll(self, ref, task):
        items = [(0x100 + fd, fd, self.refs['FILE', file.key]) for fd, file in task.fds if file.kind in (2, 4)]
        self.rec('EPOLL_ITEMS', fields(16, (8, 'iI', ref, len(items))))
        if items:
            self.data('BUFFER', b''.join(struct.pack('<QIiI4x', data, fd, ref, 0x19) for data, fd, ref in items))

    def socket(self, file):
        at = 16 if self.since('J1') else 8
        family, protocol = (1, 0) if file.unix else (2, 6)
        body = [(at, 'QB', 0, 3), (at + 16, 'IIHB', 0, 1, family, 1), (at + 32, 'qQqqIIIiiHhBBBBB', 1, 256, 2**62, 2**62, 0, 0,
                 0, 65536, 65536, 1, 128, protocol, 1, 0, 0, 0)]
        if self.since('J1'):
            body.append((8, 'B', 1))
        self.rec('SOCKET', fields(at + 104, *body))
        if not file.unix:
            size = 48 if 'SOCKET_FRAG' not in self.types or self.is_early_g2 else 328
            return self.rec('SOCKET_INET', fields(size, (size - 40, 'II', 16, 16)))
        mine = self.refs['SOCK', file.key]
        if self.since('J1'):
            return self.rec('SOCKET_UNIX', fields(256, (8, 'iiiIII', mine, 0, self.cred('own'), 0, 11, 0), (32, '11s', b'\1\0/tmp/sock')))
        self.rec('SOCKET_UNIX', fields(256, (8, 'iiIIIII', mine, 0, 1000, 100, 0, 11, 0), (36, '11s', b'\1\0/tmp/sock')))

    def queues(self, file):
        wide = self.since('G3') or (self.group == 'G2' and not self.is_early_g2)
        mine, frags = self.refs['SOCK', file.key], wide and not file.unix
        self.rec('SOCKET_QUEUE', fields(16, (8, 'II', 2, 107)))
        for text in (b'hello\n\0\1', b'q' * 99):
            if not wide:
                self.rec('SOCKET_BUFFER', fields(16, (8, 'ii', mine, mine)))
            else:
                self.rec('SOCKET_BUFFER', fields(104, (20, 'III', len(text), 700 if frags else 0, len(text)),
                                                 (44, 'iiHH', mine, mine, 8, int(frags))))
            self.data('BUFFER', text)
            if frags:
                self.rec('SOCKET_FRAG', fields(16, (8, 'II', 700, 12)))
                self.data('BUFFER', b'f' * 700)
        self.rec('SOCKET_QUEUE', fields(16))

    def tty(self, file):
        own = self.refs['FILE', file.key]
        if self.wide_tty:
            self.rec('TTY', fields(96, (8, 'HHiiIII', 4, 2, 0, own, 0, 5, 0), (32, 'Q6IB19s', 0, 0x500, 5, 0xBF, 0x8A3B, 15, 15,
                                   0, b'\3\x1c\x7f\x15\4\0\1'), (88, 'HHHH', 24, 80, 0, 0)))
        else:
            self.rec('TTY', fields(72, (8, 'HHiiIII', 4, 2, 0, own, 0, 5, 0), (32, 'Q4HB8s', 0, 0x500, 5, 0xBF, 0x8A3B, 0,
                                   b'\3\x1c\x7f\x15\4\0\1'), (64, 'HHHH', 24, 80, 0, 0)))
        self.rec('TTY_LDISC', fields(560, (8, '5IHBB', 3, 4, 0, 4, 0, 1, 0, 0), (44, '9s', b'ls -l\n\x1b[m')))

    def fs(self):
        self.rec('FS', fields(16, (8, 'I', 0o22)) if self.since('J1') else bytes(8))
        self.data('FILE_NAME', b'/home/user\nx\0')
        self.data('FILE_NAME', b'/\0')

    # -- memory

    def mm(self, task):
        self.mm_index[task.mm] = len(self.mms)
        names = {area.name for area in task.maps}
        exe = self.file(EXE) if EXE.path in names else 0
        addresses = (0x400000, 0x402ABC, 0x603ABC, 0x604708, 0x606000, 0x640DDD, 0x7FFE1230, 0x7FFE6000, 0x7FFE6008,
                     0x7FFE6008, 0x7FFE6FE8)
        described = {'objref': self.refs['MM', task.mm], 'exe': text_json(EXE.path) if exe else None, 'nldt': task.ldt, 'vmas': []}
        self.mms.append(described)
        count = (8, 'Ii', len(task.maps), exe)
        if self.group == 'F1':
            self.rec('MM', fields(104, count, (16, '11Q', *addresses)))
        else:
            self.rec('MM', fields(120, count, (16, 'QQ', 0x2000, 205), (32, '11Q', *addresses)))
            self.auxv()
        for area in task.maps:
            described['vmas'].append(self.vma(area, self.mm_index[task.mm]))
        vdso = next((area.start for area in task.maps if area.kind == VDSO), 0)
        self.rec('MM_CONTEXT', fields(24, (8, 'QII', vdso, 8, task.ldt)))
        self.data('MM_CONTEXT_LDT', b''.join(struct.pack('<Q', 0x55C0F2121000 + i) for i in range(task.ldt)))

    def auxv(self):
        values = [3, 0x400034, 4, 32, 6, 4096, 9, 0x400500]
        long = 'Q' if self.since('H1') or self.word == 8 else 'I'
        self.data('BUFFER', struct.pack(f'<{self.auxv_entries}{long}', *values, *[0] * (self.auxv_entries - len(values))))

    def vma(self, area, mm_index):
        kind, inode, size = area.kind, 0, 0
        ref = self.file(File(area.name)) if area.name is not None else 0
        if area.name is not None and kind != NINE:
            size = 42480
        if kind in (SHM_ANON, SHM_ANON_SKIP, SHM_IPC_SKIP):
            key = area.more['inode']
            inode = self.refs.get(('INODE', *key)) or self.refs.setdefault(('INODE', *key), self.new_ref())
            size = area.more['size']
        numbers = (area.start, area.end, area.prot, area.flags, area.pgoff)
        body = ((8, 'Iii', kind, ref, inode), (24, 'Q', size), (32, '5Q', *numbers))
        if self.group == 'J3':
            self.rec('VMA', fields(80, *body, (72, 'H', area.more.get('shift', 0))))
        else:
            self.rec('VMA', fields(72, *body))
        more = {'vma_objref': ref, 'ino_objref': inode, 'ino_size': size}
        pages = self.area_pages(area, kind, mm_index, more)
        return area_json(area, pages, kind, VMA_NAMES[kind], **more)

    def area_pages(self, area, kind, mm_index, more):
        if kind == SHM_ANON:
            found = self.contents(area.pages)
            self.saved[area.more['inode']] = found
            more['object_pages'] = found
            return self.placed(area, found)
        if kind in (SHM_ANON_SKIP, SHM_IPC_SKIP):
            return self.placed(area, self.saved[area.more['inode']])
        if area.more.get('huge') is not None:
            self.huge(area)
            if area.more.get('closing') == 'pgarr':
                self.rec('PGARR', fields(16))
        return self.contents(area.pages) if kind in WITH_CONTENTS else []

    def placed(self, area, found):
        """Pages of a shared object where this mapping shows them."""
        at = [(area.start + (index - area.pgoff) * PAGE, offset, digest) for index, offset, digest in found]
        return [list(page) for page in at if area.start <= page[0] < area.end]

    def huge(self, area):
        for index in area.more['huge']:
            size = 1 << area.more['shift']
            self.rec('HPAGE', fields(24, (8, 'QH', area.start + index * size, area.more['shift'])))
            self.cut_before('BUFFER')
            self.note(8 + size, self.types['BUFFER'], 'BUFFER')
            self.bytes(struct.pack('<II', self.types['BUFFER'], 8 + size))
            for page in range(size // PAGE):
                self.bytes(page_of(('huge', page)) if page % 100 == 0 else ZERO_PAGE)

    def contents(self, pages):
        limit = 8192 if self.word == 8 else 16384
        long, found = 'Q' if self.word == 8 else 'I', []
        for at in range(0, len(pages), limit):
            chunk = pages[at:at + limit]
            self.rec('PGARR', fields(16, (8, 'Q', len(chunk))))
            self.cut_before('BUFFER')
            size = 8 + len(chunk) * (self.word + PAGE)
            self.note(size, self.types['BUFFER'], 'BUFFER')
            self.bytes(struct.pack('<II', self.types['BUFFER'], size))
            self.bytes(struct.pack(f'<{len(chunk)}{long}', *[vaddr for vaddr, _ in chunk]))
            for vaddr, key in chunk:
                data = page_of(key)
                found.append([vaddr, self.pos, ZERO_SHA if key is None else sha(data)])
                self.bytes(data)
        self.rec('PGARR', fields(16))
        return found

    # -- signals

    def sighand(self):
        action = lambda i: struct.pack('<QQQQ', 0x400800 + i if i % 3 == 0 else i % 2, 0x14000000, 0x400700, 1 << i)
        self.data('SIGHAND', b''.join(action(i) for i in range(64)))

    def signal(self, task):
        limits = [value for i in range(16) for value in (1024 * (i + 1), 2**64 - 1)]
        tty = next((self.refs.get(('TTY', file.key), 0) for _, file in task.fds if file.kind == 5), 0)
        if self.options.get('short_signal'):
            self.rec('SIGNAL', fields(264, (8, '32Q', *limits)))
        else:
            self.rec('SIGNAL', fields(328, (8, '32Q', *limits), (264, '6Q', 1000, 2000, 3000, 4000, 5000, 6000),
                                      (312, 'iii', tty, 1, 0)))
        self.pending(task.shared_pending)

    def pending(self, count):
        wide = self.since('J1')
        one = lambda i: struct.pack('<IiiIIi', 10 + i, 0, -6, 12, 1000, 0) + bytes(64 if wide else 24)
        body = b''.join(one(i) for i in range(count))
        mask = sum(1 << (9 + i) for i in range(count))
        self.rec('SIGPENDING', fields(24, (8, 'I', count), (16, 'Q', mask)) + body)


class File:
    def __init__(self, path, kind=1, inode=None, contents=b'', pos=0, unix=False, key=None):
        self.path, self.kind, self.inode, self.contents, self.pos, self.unix = path, kind, inode, contents, pos, unix
        self.key = key or (path, kind, inode, unix)


EXE = File(b'/usr/local/bin/counter')
NULL = File(b'/dev/null', key='null', pos=2**53 + 1)


def files_for(group, **options):
    """Descriptors of every kind that the group knows."""
    since = lambda first: ORDER.index(group) >= ORDER.index(first)
    out = [(0, NULL), (1, NULL), (2, File(b'/var/log/counter.log', pos=123456789012)), (3, File(b'/etc')),
           (4, File(WEIRD_PATH, key='odd')), (5, File(LONG_PATH, key='long')),
           (7, File(None, 2, 'pipe', b'in the pipe\n' * 5, key='read end')), (8, File(None, 2, 'pipe', key='write end')),
           (9, File(None, 2, 'empty pipe', b'', key='empty end'))]
    if since('F3'):
        out += [(10, File(b'/tmp/fifo\x1b', 3, 'fifo', b'\x01\x27\0\0', key='fifo')), (11, File(None, 5, key='tty')),
                (12, File(None, 4, unix=True, key='unix'))]
    if since('G1') and not options.get('october'):
        out += [(13, File(None, 7, key='eventfd')), (14, File(None, 6, key='epoll')), (1023, File(None, 4, key='inet'))]
    return out


def maps_for(group, word, sysv=True):
    out = layout_of(word)
    for area in out:
        area.kind = FILE if area.name is not None else ANON
    high = out[3].start + 0x100000
    shm = Map(high, high + 6 * PAGE, SHARED_FLAGS, 0x27, 0, None, [(i, ('shm', i)) for i in (0, 1, 4, 5)], SHM_ANON,
              inode=('shm',), size=6 * PAGE)
    shared = Map(high + 0x10000, high + 0x13000, SHARED_FILE_FLAGS, 0x25, 2, b'/var/tmp/shared.dat', (), SHM_FILE)
    extra = [shm, shared]
    if sysv and group != 'F1':
        extra.append(Map(high + 0x20000, high + 0x25000, SHARED_FLAGS, 0x27, 0, None, (), SHM_IPC_SKIP, inode=('sysv', 1),
                         size=5 * PAGE))
    vdso = Map(high + 0x30000, high + 0x31000, VDSO_FLAGS, 0x25, 0, None, (), VDSO)
    return out[:-1] + extra + [vdso] + out[-1:]


def rich(group, word, **options):
    return CkptTask(4711, WEIRD_COMM, maps=maps_for(group, word), fds=files_for(group, **options), ldt=3, restart=2, pending=1,
                    shared_pending=2, undo=True)


def shared_part(word, start, end, base=0x30000000):
    """A mapping of part of the shared object whose contents the first task has."""
    return Map(base, base + (end - start) * PAGE, SHARED_FLAGS, 0x27, start, None, (), SHM_ANON_SKIP, inode=('shm',), size=6 * PAGE)


def tree(group, word):
    since = lambda first: ORDER.index(group) >= ORDER.index(first)
    fds = files_for(group)
    nested = since('H3')
    child_maps = [maps_for(group, word)[2], shared_part(word, 0, 6), shared_part(word, 4, 6, 0x31000000)]
    child_maps[0].pages = [(vaddr, ('child', key)) for vaddr, key in child_maps[0].pages[1:4]]
    out = [
        CkptTask(1, b'init', maps=maps_for(group, word), fds=fds, ldt=3, restart=6),
        CkptTask(20, b'worker \xe2\x82\xac', 1, mm='child', files='child', maps=child_maps, fds=fds[2:5], restart=7, tls=0,
                 below=[1] if nested else (), pending=2),
        CkptTask(21, b'x' * 15, 1, tgid=20, mm='child', files='child', maps=child_maps, fds=fds[2:5], restart=3, fpu=False,
                 below=[2] if nested else ()),
        CkptTask(30, b'', 20, pgid=20, mm='bare', files='bare', restart=4, below=[3] if nested else (), tls=3),
        CkptTask(31, b'deeper', 30, mm='deep', files='child', maps=[shared_part(word, 2, 5)], fds=fds[2:5], restart=5,
                 below=[4, 1] if nested else (), undo=True),
    ]
    if since('F2'):
        out.insert(3, CkptTask(22, b'gone\n', 20, zombie=True, below=[9] if nested else ()))
    return out


def ckpt_group(make, group, word):
    arch = f'x86_{word * 8 if word == 8 else 32}'
    name = f'{group}-{arch}'
    one, several = rich(group, word), tree(group, word)
    since = lambda first: ORDER.index(group) >= ORDER.index(first)
    pair = {'J2': ['J2', 'J3'], 'J3': ['J2', 'J3'], 'H3': ['H3', 'J1'], 'J1': ['H3', 'J1']}.get(group, [group])
    by_task = [group] if group in ('H3', 'J1') else pair
    options = {'december': True} if group == 'G2' else {}
    make(Ckpt, f'{name}-single', group, word, [one], groups=[group], xstate=832, **options)
    make(Ckpt, f'{name}-tree', group, word, several, groups=[group], long_uts=True, **options)
    if word == 4 or not since('G2'):
        make(Ckpt, f'{name}-tree-sparse', group, word, several, groups=[group], sparse=True, uflags=0, **options)
    bare = CkptTask(77, b'bare', tls=0, fpu=False)
    make(Ckpt, f'{name}-bare', group, word, [bare], groups=[group], no_namespaces=True, trailing=b'\0\1left over', **options)
    make(Ckpt, f'{name}-error-first', group, word, [one], groups=pair, cut=('TASK', 0), **options)
    make(Ckpt, f'{name}-error-in-task', group, word, [one], groups=[group], cut=('MM_CONTEXT', 0), **options)
    # of groups with both word sizes one is enough here
    if word == 8 or not since('G2'):
        make(Ckpt, f'{name}-error-in-vmas', group, word, [one], groups=[group], cut=('VMA', 4), **options)
        if not since('H1'):
            make(Ckpt, f'{name}-error-in-files', group, word, several, groups=[group], cut=('FILE_DESC', 4), **options)
    make(Ckpt, f'{name}-error-between-tasks', group, word, several, groups=[group], cut=('TASK', 2), **options)
    if since('F2'):
        dead = [CkptTask(5 + i, b'dead %d' % i, zombie=True) for i in range(3)]
        make(Ckpt, f'{name}-zombies', group, word, dead, groups=by_task, **options)
    if since('J2'):
        make(Ckpt, f'{name}-first-pid-7', group, word, several, groups=[group], first_pid=7, **options)


def ckpt_images(make):
    for group in ORDER:
        ckpt_group(make, group, 4)
        if ORDER.index(group) >= ORDER.index('G2'):
            ckpt_group(make, group, 8)
    make(Ckpt, 'F1-ipc', 'F1', 4, [rich('F1', 4)], groups=['F1'], with_ipc=True)
    make(Ckpt, 'F2-rev2', 'F2', 4, [rich('F2', 4)], groups=['F2'], rev=2)
    make(Ckpt, 'F3-short-signal', 'F3', 4, [rich('F3', 4)], groups=['F3'], short_signal=True)
    make(Ckpt, 'G1-october', 'G1', 4, [rich('G1', 4, october=True)], groups=['G1'])
    make(Ckpt, 'G2-november', 'G2', 4, [rich('G2', 4)], groups=['G2'])
    make(Ckpt, 'J1-january-10', 'J1', 8, [rich('J1', 8)], groups=['J1'], january_10=True)
    for group in ('G2', 'H1', 'H3', 'J3'):
        more = {'december': True} if group == 'G2' else {}
        make(Ckpt, f'{group}-lsm', group, 8, tree(group, 8), groups=[group], lsm=b'selinux', **more)
    for group in ('H3', 'J1', 'J3'):
        make(Ckpt, f'{group}-net', group, 8, [rich(group, 8)], groups=[group], net=True)
    for group in ('G3', 'H1', 'J3'):
        make(Ckpt, f'{group}-mount-ns', group, 8, [rich(group, 8)], groups=[group], mount_ns=True)
    for group, word in (('F1', 4), ('H3', 8), ('J3', 4)):
        part = Map(0x20000000, 0x20003000, SHARED_FLAGS, 0x27, 2, None, [(i, ('shm', i)) for i in (0, 2, 4, 5)], SHM_ANON,
                   inode=('shm',), size=6 * PAGE)
        make(Ckpt, f'{group}-part-shown', group, word, [
            CkptTask(12, b'part', maps=[part, *maps_for(group, word)[-1:]]),
            CkptTask(13, b'rest', 12, tgid=13, maps=[shared_part(word, 0, 6)])], groups=[group])
        fifo = File(b'/tmp/fifo', 3, 'fifo', None, key='fifo')
        make(Ckpt, f'{group}-fifo-without-contents', group, word, [
            CkptTask(12, b'fifo', maps=maps_for(group, word)[-1:], fds=[(3, fifo), (4, File(b'/x'))])], groups=[group])
    for group in ('H3', 'J1'):
        device = Map(0x20000000, 0x20004000, 0x000004FB, 0x27, 16, b'/dev/mem', (), NINE)
        make(Ckpt, f'{group}-device', group, 8, [CkptTask(12, b'device', maps=[device, *maps_for(group, 8)[-1:]])],
             groups=[group])
    huge = lambda kind, pages, **more: Map(0x40000000, 0x40600000, 0x004000FB if kind == TEN else 0x00400073, 0x27, 0, None, (),
                                           kind, huge=pages, shift=21, **more)
    rest = maps_for('J3', 8)[-1:]
    make(Ckpt, 'J3-hugetlb', 'J3', 8, [CkptTask(12, b'huge', maps=[huge(NINE, [0, 2]), *rest])], groups=['J3'])
    for end in ('pgarr', 'none'):
        make(Ckpt, f'J3-hugetlb-end-{end}', 'J3', 8, [CkptTask(12, b'huge', maps=[huge(NINE, [1], closing=end), *rest])], groups=['J3'])
    make(Ckpt, 'J3-hugetlb-skip', 'J3', 8, [CkptTask(12, b'huge', maps=[huge(TEN, []), *rest])], groups=['J3'])
    make(Ckpt, 'J3-wide-x86_64', 'J3', 8, [CkptTask(12, b'wide', maps=wide_ckpt(8192 + 1, 1))], groups=['J3'])
    make(Ckpt, 'F3-wide-x86_32', 'F3', 4, [CkptTask(12, b'wide', maps=wide_ckpt(16384 + 1, 1))], groups=['F3'])


def wide_ckpt(count, step):
    area = wide_map(count, step)
    area.kind = ANON
    return [area]


def main(folder):
    index = []

    def make(kind, name, group, word, tasks, groups, **options):
        path = os.path.join(folder, name + '.img')
        image = kind(path, name, group, word, **options).image(tasks)
        image.out.truncate(image.pos)
        image.out.close()
        is_cr = kind is Cr
        described = image.description(
            family='cr' if is_cr else 'ckpt', group=group, groups=groups, word=word, arch='x86_64' if word == 8 else 'x86_32')
        with open(os.path.join(folder, name + '.json'), 'w', encoding='ascii') as file:
            json.dump(described, file)
        index.append(name)

    cr_images(make)
    ckpt_images(make)
    with open(os.path.join(folder, 'index.json'), 'w', encoding='ascii') as file:
        json.dump(index, file)


if __name__ == '__main__':
    main(sys.argv[1])
