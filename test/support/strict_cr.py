#!/usr/bin/env python3
"""A second, strict reader of x86_64 images of revisions v9 to v13, written from the specification of the stream alone.

    strict_cr.py [--v9] [--any-padding] IMG

Refuses whatever the specification does not allow a new writer: padding that is not zero, chunks over 2048 pages or with
a wrong count, bytes after the tail. Prints {"head", "tasks": [{pid, comm, mm, vmas, nldt, fds, cpu}]}; a VMA has its
`pages` as [vaddr, sha256].
"""
import hashlib
import json
import struct
import sys

PAGE = 4096
CHUNK_PAGES = 2048
HEAD_MAGIC, TAIL_MAGIC = 0x00FEED0CC0A2D200, 0x002D2A0CC0DEEF00
ANON, FILE = 1, 2
TYPES_V11 = dict(HEAD=1, HEAD_ARCH=2, STRING=4, FNAME=5, TREE=101, TASK=102, THREAD=103, CPU=104, MM=201, VMA=202,
                 PGARR=203, MM_CONTEXT=204, FILES=301, FD_ENT=302, FD_DATA=303, TAIL=5001)
TYPES_V9 = {**TYPES_V11, "STRING": 3, "FNAME": 4}
MM_NAMES = "start_code end_code start_data end_data start_brk brk start_stack arg_start arg_end env_start env_end".split()
CPU_NAMES = ("r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss ds es fs gs "
             "debugreg0 debugreg1 debugreg2 debugreg3 debugreg4 debugreg5 debugreg6 debugreg7").split()


class Stream:
    def __init__(self, path, types, any_padding):
        self.file = open(path, "rb")
        self.path = path
        self.types = types
        self.any_padding = any_padding

    def demand(self, holds, what):
        if not holds:
            sys.exit(f"{self.path}: {what}, before offset {self.file.tell():#x}")

    def take(self, length, what):
        data = self.file.read(length)
        self.demand(len(data) == length, f"{what} is cut short")
        return data

    def header(self):
        return struct.unpack("<hhI", self.take(8, "record header"))

    def expect(self, name, length=None, parent=0):
        kind, size, owner = self.header()
        self.demand(kind == self.types[name], f"record type {kind} where {name} belongs")
        self.demand(size >= 0 and (length is None or size == length), f"{name} has length {size}")
        self.demand(owner == parent, f"{name} has parent {owner}, not {parent}")
        return self.take(size, name)

    def struct(self, name, layout, parent=0, pad=0):
        """A record of fields, then `pad` bytes that must be zero."""
        size = struct.calcsize("<" + layout)
        payload = self.expect(name, size + pad, parent)
        self.padding(payload[size:], name)
        return struct.unpack_from("<" + layout, payload)

    def padding(self, data, what):
        self.demand(self.any_padding or not any(data), f"padding of {what} is not zero")


def text(data):
    return data.split(b"\0")[0].decode("utf-8", "surrogateescape")


def read_name(stream):
    name = stream.expect("FNAME")
    stream.demand(2 <= len(name) <= 4096 and name.index(0) == len(name) - 1, "FNAME has no NUL at its end alone")
    return text(name)


def read_pages(stream, start, end):
    pages, last = [], start - PAGE
    while True:
        (count,) = stream.struct("PGARR", "Q")
        if count == 0:
            return pages
        stream.demand(count <= CHUNK_PAGES, f"chunk of {count} pages")
        addresses = struct.unpack(f"<{count}Q", stream.take(8 * count, "address array"))
        for vaddr in addresses:
            stream.demand(vaddr % PAGE == 0 and last < vaddr < end, f"page address {vaddr:#x} out of order or VMA")
            last = vaddr
        pages += [[vaddr, hashlib.sha256(stream.take(PAGE, "page")).hexdigest()] for vaddr in addresses]


def read_vma(stream, lowest):
    kind, pad, start, end, prot, flags, pgoff = stream.struct("VMA", "II5Q")
    stream.padding(struct.pack("<I", pad), "VMA")
    stream.demand(kind in (ANON, FILE), f"vma_type {kind}")
    stream.demand(lowest <= start < end and start % PAGE == 0 and end % PAGE == 0, f"VMA {start:#x}-{end:#x}")
    name = read_name(stream) if kind == FILE else None
    return dict(type=kind, start=start, end=end, prot=hex(prot), flags=flags, pgoff=pgoff, name=name,
                pages=read_pages(stream, start, end))


def read_mm(stream, pid):
    objref, map_count, *addresses = stream.struct("MM", "II11Q", pid)
    stream.demand(objref == 0, "objref of MM is not 0")
    vmas = []
    for _ in range(map_count):
        vmas.append(read_vma(stream, vmas[-1]["end"] if vmas else 0))
    size, nldt = stream.struct("MM_CONTEXT", "hH", pad=4)
    stream.demand(size == 8, "LDT entry size is not 8")
    stream.take(size * nldt, "LDT")
    return dict(mm=dict(zip(MM_NAMES, addresses)), vmas=[vmas_for_json(vma) for vma in vmas], nldt=nldt)


def vmas_for_json(vma):
    """The vsyscall page lies above what JSON numbers hold."""
    return vma if vma["end"] < 1 << 53 else {**vma, "start": hex(vma["start"]), "end": hex(vma["end"])}


def read_files(stream, pid, known):
    objref, count = stream.struct("FILES", "II", pid)
    stream.demand(objref == 0, "objref of FILES is not 0")
    fds = []
    for _ in range(count):
        ref, fd, close_on_exec = stream.struct("FD_ENT", "IiI", pad=4)
        stream.demand(1 <= ref <= len(known) + 1 and close_on_exec in (0, 1), f"FD_ENT {ref} {close_on_exec}")
        if ref > len(known):
            kind, mode, flags, position, version = stream.struct("FD_DATA", "HHIQQ", ref)
            known.append(dict(type=kind, mode=mode, flags=flags, pos=position, version=version, name=read_name(stream)))
        fds.append(dict(fd=fd, closeOnExec=close_on_exec, objref=ref, **known[ref - 1]))
    return fds


def read_thread(stream, pid, xstate_size):
    entries, array_size, ntls = stream.struct("THREAD", "hhh", pid, pad=2)
    stream.demand((entries, array_size) == (3, 24) and 0 <= ntls <= 3, "THREAD")
    if ntls > 0:
        stream.take(array_size, "TLS array")
    *registers, uses_debug, used_math = stream.struct("CPU", "33QII", pid)
    if used_math:
        stream.take(xstate_size, "xstate")
    return dict(zip(CPU_NAMES, map(hex, registers)), uses_debug=uses_debug, used_math=used_math)


def read_task(stream, pid, xstate_size, known):
    state, exit_state, exit_code, exit_signal, comm_length = stream.struct("TASK", "IIIIi", pad=4)
    comm = stream.expect("STRING", comm_length)
    stream.demand(comm_length == 16, "comm is not 16 bytes long")
    task = dict(pid=pid, comm=text(comm), state=state, exit_state=exit_state, exit_code=exit_code,
                exit_signal=exit_signal)
    task |= read_mm(stream, pid)
    task["fds"] = read_files(stream, pid, known)
    task["cpu"] = read_thread(stream, pid, xstate_size)
    return task


def read_image(stream):
    magic, major, minor, patch, rev, time, flags, *names = stream.struct("HEAD", "QHHHHQQ64s64s64s")
    stream.demand(magic == HEAD_MAGIC and rev == 3 and flags == 1, "HEAD magic, rev or flags")
    stream.demand(text(names[2]) == "x86_64", "machine is not x86_64")
    _, _, xstate_size = stream.struct("HEAD_ARCH", "HHH", pad=2)
    (tasks_nr,) = stream.struct("TREE", "I", pad=4)
    pids = [struct.unpack("<iii4s", stream.take(16, "pids")) for _ in range(tasks_nr)]
    for pid in pids:
        stream.padding(pid[3], "pids")
    known = []
    tasks = [{**read_task(stream, pid, xstate_size, known), "tgid": tgid, "ppid": ppid} for pid, tgid, ppid, _ in pids]
    stream.demand(stream.struct("TAIL", "Q") == (TAIL_MAGIC,), "TAIL magic")
    # kernels read no further: there may be an index, whole
    rest = stream.file.read()
    stream.demand(not rest or (rest.startswith(b"critidx>") and rest.endswith(b"<critidx")), "bytes after TAIL")
    return dict(head=dict(kernel=[major, minor, patch], time=time, names=[text(name) for name in names]), tasks=tasks)


def main(arguments):
    types = TYPES_V9 if "--v9" in arguments else TYPES_V11
    json.dump(read_image(Stream(arguments[-1], types, "--any-padding" in arguments)), sys.stdout)


main(sys.argv[1:])
