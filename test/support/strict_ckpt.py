#!/usr/bin/env python3
"""A second, strict reader of x86 images of revisions v16 to v23, written from the specification of the stream alone.

    strict_ckpt.py IMG...

Refuses whatever the specification does not allow a new writer: padding that is not zero, records out of the order of the
grammar, numbers of objects that are not defined yet, bytes after the tail, and records that the grammar has no place for
(sockets, terminals, huge pages, semaphore undo lists, an error record).

Prints a list with, for each image, either {"refused", "offset"} or {"head", "tasks", "mms", "shared"}; exits with 1 if
one was refused. Of a task, `has` names the parts in brackets in the grammar that are there; `numbersAscend` tells whether
object numbers do. Pages are [vaddr, file offset, sha256], of shared objects [index, file offset, sha256]. Integers above
2^53 are decimal strings, byte strings that are not UTF-8 {"hex"}.
"""
import hashlib
import json
import struct
import sys
from types import SimpleNamespace

PAGE = 4096
HEAD_MAGIC, TAIL_MAGIC = 0x00FEED0CC0A2D200, 0x002D2A0CC0DEEF00
HEADER_BYTES = 8
UTS_BYTES = 65
CLONE_NEWUTS = 0x04000000
TASK_DEAD, EXIT_ZOMBIE = 64, 16
VDSO, ANON, FILE_PRIVATE, SHM_ANON, SHM_ANON_SKIP, SHM_FILE, SHM_IPC_SKIP = 1, 2, 3, 4, 5, 6, 8
GENERIC, PIPE, FIFO, EPOLL, EVENTFD = 1, 2, 3, 6, 7
NO_PID, ROOT_PID = -4096, -4097
NO_CONTEXT = -1

# ---- what each group of revisions has (sections 1, 3.2, 7.4, 7.5, 7.6)

GROUPS = ["F1", "F2", "F3", "G1", "G2", "G3", "H1", "H3", "J1", "J2", "J3"]
REVISIONS = dict(F1="v16", F2="v17", F3="v18", G1="v19-dev", G2="v19-rc1/rc2", G3="v19-rc3", H1="v19/v20", H3="v21/v22",
                 J1="v23-rc1", J2="v23", J3="v23-rc2")
REVS = dict(F1=(1,), F2=(1, 2), F3=(2,), G1=(3,), G2=(4,), G3=(5,), H1=(5,), H3=(6,), J1=(6,), J2=(6,), J3=(6,))


def numbered(first, names):
    return {name: first + place for place, name in enumerate(names.split())}


def record_numbers(since):
    """Numbers of the record types, by name."""
    container = "CONTAINER " if since("G1") else ""
    security = " LSM_INFO SECURITY" if since("G2") else ""
    numbers = numbered(1, f"HEADER HEADER_ARCH {container}BUFFER STRING OBJREF{security}")
    pids = "PIDS " if since("J2") else ""
    mounts = " MNT_NS" if since("G3") else ""
    users = " CAPABILITIES USER_NS CRED USER GROUPINFO TASK_CREDS" if since("F2") else ""
    numbers |= numbered(101, f"{pids}TREE TASK TASK_NS TASK_OBJS RESTART_BLOCK THREAD CPU NS UTS_NS IPC_NS{mounts}{users}")
    numbers |= numbered(201, "CPU_FPU MM_CONTEXT_LDT" if since("F2") else "THREAD_TLS CPU_FPU MM_CONTEXT_LDT")
    numbers |= numbered(301, "FILE_TABLE FILE_DESC FILE_NAME FILE PIPE_BUF" if since("F3") else
                        "FILE_TABLE FILE_DESC FILE_NAME FILE FILE_PIPE")
    numbers |= numbered(308, "EPOLL_ITEMS") if since("G1") else {}
    numbers |= numbered(401, "MM VMA PGARR HPAGE MM_CONTEXT" if since("J3") else "MM VMA PGARR MM_CONTEXT")
    numbers |= numbered(451, "FS") if since("G3") else {}
    numbers |= numbered(501, "IPC IPC_SHM IPC_MSG IPC_MSG_MSG IPC_SEM")
    numbers |= numbered(601, "SIGHAND") if since("F2") else {}
    numbers |= numbered(602, "SIGNAL SIGNAL_TASK SIGPENDING") if since("F3") else {}
    return numbers | dict(TAIL=9001, ERROR=9999)


def object_names(since):
    """Names of the object types, by number."""
    names = (("PID " if since("J2") else "") + "INODE FILE_TABLE FILE MM " + ("FS " if since("G3") else "") +
             ("SIGHAND " if since("F2") else "") + ("SIGNAL " if since("F3") else "") + "NS UTS_NS IPC_NS " +
             ("MNT_NS " if since("G3") else "") + ("USER_NS CRED USER GROUPINFO " if since("F2") else "") +
             ("SOCK TTY " if since("F3") else "") + ("SECURITY_PTR SECURITY " if since("G2") else "") +
             ("NET_NS NETDEV " if since("H3") else "") + ("SEM_UNDO" if since("J1") else ""))
    return {number: name for name, number in numbered(1, names).items()}


def word_sizes(since):
    """Bytes of a native long by arch_id; the revisions before 2009-12 know x86_32 alone."""
    return {1: 4, 2: 8} if since("G3") else {1: 4, 5: 8} if since("G2") else {1: 4}


# ---- layouts (section 8): `name:code` as in the struct module, `_:n` n bytes that are zero, `name:ns` n bytes

OLD_HEADER = ("magic:Q arch_id:H major:H minor:H patch:H rev:H uts_release_len:H uts_version_len:H uts_machine_len:H "
              "time:Q uflags:Q")
HEADER = ("magic:Q arch_id:H major:H minor:H patch:H rev:H _:6 task_comm_len:H auxv_len:H signal_nsig:H uts_sysname_len:H "
          "uts_nodename_len:H uts_release_len:H uts_version_len:H uts_machine_len:H uts_domainname_len:H nlimits:H "
          "tty_buf:H ncc:H time:Q uflags:Q")
EXIT = "exit_state:I exit_code:I exit_signal:I"
CODE = "start_code:Q end_code:Q start_data:Q end_data:Q start_brk:Q brk:Q start_stack:Q"
ENDS = "arg_start:Q arg_end:Q env_start:Q env_end:Q"
LOW_REGISTERS = "r15:Q r14:Q r13:Q r12:Q bp:Q bx:Q r11:Q r10:Q r9:Q r8:Q ax:Q cx:Q dx:Q si:Q di:Q orig_ax:Q ip:Q"
DEBUG_REGISTERS = "dr0:Q dr1:Q dr2:Q dr3:Q dr6:Q dr7:Q"
CAPABILITIES = "cap_i:8s cap_p:8s cap_e:8s cap_b:8s securebits:I _:4"
FILE_COMMON = "f_type:I f_mode:I f_flags:I f_credref:i f_pos:Q f_version:Q"
VMA = ("vma_type:I vma_objref:i ino_objref:i _:4 ino_size:Q vm_start:Q vm_end:Q vm_page_prot:Q vm_flags:Q vm_pgoff:Q")
SHARED_LAYOUTS = dict(
    HEADER_ARCH="has_fxsr:H has_xsave:H xstate_size:H _:2", CONTAINER="", OBJREF="objtype:I objref:i", TREE="nr_tasks:i _:4",
    PIDS="nr_pids:I nr_vpids:I offset:I _:4", TASK_NS="ns_objref:i _:4", TASK_CREDS="cred_ref:i ecred_ref:i",
    RESTART_BLOCK="function_type:Q args:40s", USER="uid:I userns_ref:i", USER_NS="creator_ref:i _:4",
    FILE_TABLE="fdt_nfds:i _:4", FILE_DESC="fd_objref:i fd_descriptor:i fd_close_on_exec:I _:4", FILE_PIPE="pipe_len:i _:4",
    EPOLL_ITEMS="epfile_objref:i num_items:I", PGARR="nr_pages:Q", MM_CONTEXT="vdso:Q ldt_entry_size:I nldt:I",
    IPC_NS="shm_ctlmax:Q shm_ctlall:Q controls:32s", IPC="ipc_type:I ipc_count:I", SIGHAND="actions:2048s",
    SIGNAL_TASK="blocked:8s", THREAD_TLS="tls:24s", TAIL="magic:Q")


def task_layout(since, word):
    if not since("F2"):
        return f"state:I {EXIT} task_comm_len:I _:4"
    if since("J3"):
        return (f"flags:I state:I {EXIT} pdeath_signal:I set_child_tid:Q clear_child_tid:Q sas_ss_sp:Q sas_ss_size:I "
                "compat_head_len:I compat_list:I head_len:I list:Q")
    if since("H1"):
        stack = " sas_ss_sp:Q sas_ss_size:I _:4" if since("J1") else ""
        return (f"state:I {EXIT} pdeath_signal:I compat_head_len:I compat_list:I head_len:I list:Q set_child_tid:Q "
                f"clear_child_tid:Q{stack}")
    hole = "_:4 " if word == 8 else ""
    return (f"state:I {EXIT} pdeath_signal:I {hole}set_child_tid:Q clear_child_tid:Q compat_head_len:I compat_list:I "
            f"head_len:I {hole}list:Q")


def thread_layouts(since):
    if not since("F2"):
        thread = "entries:H tls_bytes:H ntls:H _:2"
        cpu = f"{LOW_REGISTERS} cs:Q flags:Q sp:Q ss:Q ds:Q es:Q fs:Q gs:Q {DEBUG_REGISTERS} uses_debug:I used_math:I"
        return dict(THREAD=thread, CPU=cpu)
    entry = "sysenter_return:Q " if since("J1") else ""
    debug = "" if since("G3") else f" {DEBUG_REGISTERS}"
    return dict(THREAD=f"{entry}thread_info_flags:I entries:H tls_bytes:H tls:24s",
                CPU=(f"{LOW_REGISTERS} sp:Q flags:Q fs:Q gs:Q fsindex:H gsindex:H cs:H ss:H ds:H es:H used_math:I{debug}"))


def object_layouts(since):
    perms = "_:8 id:i key:I uid:I gid:I cuid:I cgid:I mode:I _:4 seq:Q" + (" sec_ref:i _:4" if since("G2") else "")
    if since("J1"):
        objs = "files:i mm:i fs:i sem_undo:i sighand:i signal:i"
    elif since("G3"):
        objs = "files:i mm:i fs:i sighand:i signal:i _:4"
    else:
        objs = "files:i mm:i" + (" sighand:i signal:i" if since("F3") else " sighand:i _:4" if since("F2") else "")
    return dict(
        TASK_OBJS=objs,
        FS="umask:I _:4" if since("J1") else "",
        NS="uts:i ipc:i net:i _:4" if since("H3") else "uts:i ipc:i" if since("F2") else "flags:I uts:i",
        UTS_NS="names:390s _:2" if since("F2") else "nodename_len:I domainname_len:I",
        CRED="ids:32s user_ref:i groupinfo_ref:i " + ("sec_ref:i _:4 " if since("G2") else "") + CAPABILITIES,
        SIGNAL="rlimits:256s timers:48s tty_objref:i tty_pgrp:i tty_old_pgrp:i _:4",
        IPC_SHM=f"{perms} segsz:Q times:24s pids:8s mlock_uid:I flags:I objref:I " + ("shift:H _:2" if since("J3") else "_:4"),
        IPC_MSG=f"{perms} times:24s cbytes:Q qnum:Q qbytes:Q lspid:i lrpid:i",
        IPC_MSG_MSG="m_type:q m_ts:I sec_ref:i" if since("G3") else "m_type:i m_ts:I sec_ref:i _:4" if since("G2")
        else "m_type:i m_ts:I",
        IPC_SEM=f"{perms} otime:Q ctime:Q nsems:I _:4")


def layouts_of(since, word):
    late_mm = "def_flags:Q flags:Q " if since("F2") else ""
    secref = " f_secref:i _:4" if since("G2") else ""
    return {**SHARED_LAYOUTS, **thread_layouts(since), **object_layouts(since), "TASK": task_layout(since, word),
            "HEADER": HEADER if since("F2") else OLD_HEADER, "MM": f"map_count:I exe_objref:i {late_mm}{CODE} {ENDS}",
            "VMA": VMA + (" hugetlb_shift:H _:6" if since("J3") else ""), "FILE": FILE_COMMON + secref}


def file_tails(since):
    """What the subtypes of FILE append, by f_type."""
    tails = {GENERIC: "", PIPE: "pipe_objref:i _:4", FIFO: "pipe_objref:i _:4"}
    return {**tails, EPOLL: "", EVENTFD: "count:Q eventfd_flags:I _:4"} if since("G1") else tails


def revision_of(group):
    place = GROUPS.index(group)

    def since(other):
        return place >= GROUPS.index(other)
    return SimpleNamespace(group=group, since=since, types=record_numbers(since), objects=object_names(since),
                           words=word_sizes(since), files=file_tails(since))


# ---- the stream

class Refused(Exception):
    pass


def text(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"hex": data.hex()}


class Stream:
    """The records of an image. `revision`, `word` and `layouts` are set when the header told them."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        self.at = 0
        self.objects = {}
        self.newest = 0
        self.ascends = True
        self.mms, self.shared, self.pipes = [], {}, set()

    def demand(self, holds, what, at=None):
        if not holds:
            raise Refused(what, self.at if at is None else at)

    def begin(self, revision):
        """Enough of a revision for its HEADER, which tells the word size."""
        self.revision, self.since = revision, revision.since
        self.layouts = layouts_of(revision.since, 4)

    def frame(self, at):
        """Type and length of the record at an offset."""
        self.demand(at + HEADER_BYTES <= len(self.data), "the stream ends where a record belongs", len(self.data))
        kind, length = struct.unpack_from("<II", self.data, at)
        self.demand(length >= HEADER_BYTES, f"record length {length}", at + 4)
        self.demand(length <= len(self.data) - at, f"record length {length} beyond the end", at + 4)
        return kind, length

    def next_is(self, name):
        return name in self.revision.types and self.frame(self.at)[0] == self.revision.types[name]

    def record(self, name, length=None):
        """The place of the payload of the next record, which is of that type and, if told, payload length."""
        at = self.at
        self.demand(name in self.revision.types, f"{REVISIONS[self.revision.group]} has no {name}")
        self.demand(at + HEADER_BYTES <= len(self.data), f"the stream ends where {name} belongs", len(self.data))
        kind, size = struct.unpack_from("<II", self.data, at)
        self.demand(kind == self.revision.types[name], f"record type {kind} where {name} belongs", at)
        size = self.frame(at)[1]
        self.demand(length is None or size == HEADER_BYTES + length, f"{name} of {size} bytes", at + 4)
        self.at = at + size
        return at + HEADER_BYTES, at + size

    def bytes(self, name, length=None):
        start, end = self.record(name, length)
        return self.data[start:end]

    def fields(self, layout, at):
        """The fields of a layout by name, each with its offset in `.places`; and where they end."""
        values, places = {}, {}
        for token in layout.split():
            name, code = token.split(":")
            if name == "_":
                self.demand(not any(self.data[at:at + int(code)]), "padding is not zero", at)
                at += int(code)
                continue
            (values[name],) = struct.unpack_from(f"<{code}", self.data, at)
            places[name] = at
            at += struct.calcsize(f"<{code}")
        return SimpleNamespace(**values, places=places)

    def struct(self, name, more=0):
        """A record of fields, and `more` bytes behind them that stand from `.end` on."""
        layout = self.layouts[name]
        size = layout_bytes(layout)
        start, _ = self.record(name, None if more is None else size + more)
        self.demand(self.at >= start + size, f"{name} is too short", start - 4)
        return with_end(self.fields(layout, start), start + size)

    def check(self, holds, fields, name, what=None):
        """As `demand`, about a field."""
        self.demand(holds, f"{what or name} {getattr(fields, name)}", fields.places[name])

    # ---- objects (section 7.3)

    def claim(self, number, kind, at):
        self.demand(number > 0, f"object number {number}", at)
        self.demand(number not in self.objects, f"object number {number} is taken", at)
        self.ascends &= number > self.newest
        self.newest = number
        self.objects[number] = SimpleNamespace(kind=kind, is_whole=False, value=None)
        return self.objects[number]

    def object(self, *kinds):
        """An object of one of the kinds, if one begins here; its number."""
        if not self.next_is("OBJREF"):
            return None
        start = self.at
        head = self.struct("OBJREF")
        kind = self.revision.objects.get(head.objtype)
        if kind not in kinds:
            self.at = start
            return None
        entry = self.claim(head.objref, kind, head.places["objref"])
        entry.value = SECTIONS[kind](self)
        entry.is_whole = True
        return head.objref

    def objects_before(self, *kinds):
        """All objects of the kinds that stand here."""
        found = []
        while (number := self.object(*kinds)) is not None:
            found.append(number)
        return found

    def refer(self, fields, name, kind, fresh=None, absent=()):
        """What a reference names: an object that is whole, and the one that was just written if there is one."""
        number = getattr(fields, name)
        self.check(fresh is None or number == fresh, fields, name, f"object {fresh} precedes, but {name} is")
        if number in absent:
            return None
        entry = self.objects.get(number)
        self.check(entry is not None and entry.is_whole, fields, name, f"{name} names an object that is not there:")
        self.check(entry.kind == kind, fields, name, f"{name} names a {entry.kind}, not a {kind}:")
        return entry.value

    def introduce(self, fields, name, kind, value=None):
        """A number that stands for an object without a record of its own; true the first time."""
        number = getattr(fields, name)
        known = self.objects.get(number)
        if known is not None:
            self.check(known.kind == kind and known.is_whole, fields, name, f"{name} names a {known.kind}:")
            return False
        entry = self.claim(number, kind, fields.places[name])
        entry.value, entry.is_whole = value, True
        return True


def layout_bytes(layout):
    codes = [token.split(":") for token in layout.split()]
    return sum(int(code) if name == "_" else struct.calcsize(f"<{code}") for name, code in codes)


def with_end(fields, end):
    fields.end = end
    return fields


# ---- head (sections 8.1 to 8.4, 9)

def framed_lengths(stream):
    """Lengths of the records by type, as far as they can be walked; the revisions that ask have no headerless bytes."""
    lengths, at = {}, 0
    while at + HEADER_BYTES <= len(stream.data):
        kind, length = struct.unpack_from("<II", stream.data, at)
        if length < HEADER_BYTES or length > len(stream.data) - at:
            break
        lengths.setdefault(kind, length)
        at += length
    return lengths


def group_of_rev_6(stream):
    lengths = framed_lengths(stream)
    if lengths.get(101) == 24:
        if 402 in lengths:
            return "J3" if lengths[402] == 80 else "J2"
        if 404 in lengths or 405 in lengths:
            return "J3" if 405 in lengths else "J2"
        # zombies alone: J3 says where the first pid is, J2 how many numbers stand before it
        at = stream.data.find(struct.pack("<II", 101, 24))
        return "J3" if struct.unpack_from("<I", stream.data, at + 16)[0] else "J2"
    return "H3" if lengths.get(102) == 64 else "J1"


def group_of(stream):
    stream.demand(len(stream.data) >= 16, "no head record", 0)
    kind, length, magic = struct.unpack_from("<IIQ", stream.data)
    stream.demand(magic == HEAD_MAGIC, "HEADER magic", 8)
    stream.demand(kind == 1, f"record type {kind} where HEADER belongs", 0)
    stream.demand(length in (48, 72), f"HEADER of {length} bytes", 4)
    stream.demand(len(stream.data) >= length, "HEADER is cut short", len(stream.data))
    (rev,) = struct.unpack_from("<H", stream.data, 24)
    (auxv,) = struct.unpack_from("<H", stream.data, 34)
    if length == 48:
        return "F1"
    stream.demand(1 <= rev <= 6, f"rev {rev}", 24)
    if rev <= 2:
        return "F3" if any(stream.data[50:52]) else "F2"
    return {3: "G1", 4: "G2", 5: "H1" if auxv in (42, 44) else "G3"}.get(rev) or group_of_rev_6(stream)


def check_constants(stream, head):
    since, word = stream.since, stream.word
    uts = [name for name in vars(head) if name.startswith("uts_")]
    for name in uts:
        stream.check(getattr(head, name) == UTS_BYTES, head, name)
    if not since("F2"):
        return
    stream.check(head.task_comm_len == 16, head, "task_comm_len")
    entries = (44,) if word == 8 else (42, 44)
    stream.check(head.auxv_len in [count if since("H1") else count * word for count in entries], head, "auxv_len")
    stream.check(head.signal_nsig == 64, head, "signal_nsig")
    stream.check(head.nlimits == (16 if since("F3") else 0), head, "nlimits")
    stream.check(head.tty_buf == (4096 if since("F3") else 0), head, "tty_buf")
    termios = {"F2": (0,), "J1": (8, 19), "J2": (19,), "J3": (19,)}.get(stream.revision.group, (8,))
    stream.check(head.ncc in termios, head, "ncc")


def read_text(stream, name, length):
    """Bytes up to a NUL, which there must be, in a record of a fixed length."""
    start = stream.at
    data = stream.bytes(name, length)
    stream.demand(b"\0" in data, f"{name} has no NUL", start + HEADER_BYTES + length - 1)
    return text(data.split(b"\0")[0])


def read_head(stream):
    stream.begin(revision_of(group_of(stream)))
    head = stream.struct("HEADER")
    stream.check(head.rev in REVS[stream.revision.group], head, "rev")
    stream.check(head.arch_id in stream.revision.words, head, "arch_id")
    stream.check(head.uflags & ~(3 if stream.since("H3") else 1) == 0, head, "uflags")
    stream.word = stream.revision.words[head.arch_id]
    stream.layouts = layouts_of(stream.since, stream.word)
    check_constants(stream, head)
    stream.auxv_bytes = head.auxv_len * (8 if stream.since("H1") else 1) if stream.since("F2") else None
    uname = [read_text(stream, "BUFFER", UTS_BYTES) for _ in range(3)]
    arch = stream.struct("HEADER_ARCH")
    for name in ("has_fxsr", "has_xsave"):
        stream.check(getattr(arch, name) in (0, 1), arch, name)
    stream.xstate_bytes = arch.xstate_size
    return dict(group=stream.revision.group, revisions=REVISIONS[stream.revision.group], rev=head.rev, word=stream.word,
                kernel=[head.major, head.minor, head.patch], time=head.time, uflags=head.uflags, uname=uname,
                xstateBytes=arch.xstate_size)


def read_container(stream):
    if not stream.since("G1"):
        return
    stream.struct("CONTAINER")
    if stream.since("G2"):
        read_text(stream, "BUFFER", 11)
        start, end = stream.record("LSM_INFO")
        stream.demand(0 < end - start <= 192, f"LSM_INFO of {end - start} bytes", start - 4)


def read_pid_objects(stream):
    """The pid objects by number: how deep, and the pid in the container's namespace."""
    if not stream.since("J2"):
        return None
    head = stream.struct("PIDS")
    stream.check(head.nr_pids > 0, head, "nr_pids")
    at, end = stream.record("BUFFER", 8 * head.nr_pids + 4 * head.nr_vpids)
    first = head.offset if stream.since("J3") else head.offset + 1
    found, nested = {}, 0
    for number in range(first, first + head.nr_pids):
        stream.demand(at + 8 <= end, "pid objects are cut short", at)
        depth, pid = struct.unpack_from("<Ii", stream.data, at)
        nested += depth
        stream.demand(nested <= head.nr_vpids and pid > 0, f"pid object of depth {depth}, pid {pid}", at)
        stream.claim(number, "PID", head.places["offset"]).is_whole = True
        found[number] = (pid, depth)
        at += 8 + 4 * depth
    stream.demand(at == end, "bytes behind the pid objects", at)
    return found


def pid_of(stream, pid_objects, number, root, at):
    if pid_objects is None:
        return number
    number = root if number == ROOT_PID else number
    if number == NO_PID:
        return 0
    stream.demand(number in pid_objects, f"pid reference {number}", at)
    return pid_objects[number][0]


def read_tree(stream, pid_objects):
    tree = stream.struct("TREE")
    stream.check(tree.nr_tasks > 0, tree, "nr_tasks")
    start, end = stream.record("BUFFER", 24 * tree.nr_tasks)
    roots = struct.unpack_from("<5i", stream.data, start)
    tasks, depths = [], 0
    for at in range(start, end, 24):
        *numbers, depth = struct.unpack_from("<5iI", stream.data, at)
        stream.demand(depth == 0 or stream.since("H3"), "padding of a pid entry is not zero", at + 20)
        stream.demand(not pid_objects or pid_objects.get(numbers[0], (0, -1))[1] == depth, f"depth {depth}", at + 20)
        depths += depth
        pid, ppid, tgid, pgid, sid = [pid_of(stream, pid_objects, number, root, at + 4 * place)
                                      for place, (number, root) in enumerate(zip(numbers, roots))]
        stream.demand(pid > 0 and tgid > 0 and all(pid != other["pid"] for other in tasks), f"pid {pid}, tgid {tgid}", at)
        tasks.append(dict(pid=pid, tgid=tgid, ppid=ppid, pgid=pgid, sid=sid))
    if pid_objects is None and depths > 0:
        stream.record("BUFFER", 4 * depths)
    return tasks


# ---- credentials, namespaces, System V IPC (sections 8.11, 10)

def expect_used(stream, fresh, fields, *names):
    """Objects that stand before a record are there because the record names them."""
    for number in fresh:
        stream.demand(any(getattr(fields, name) == number for name in names), f"object {number} is not used here")


def check_security(stream, fields, name):
    if hasattr(fields, name):
        stream.refer(fields, name, "SECURITY", absent=(0, NO_CONTEXT))


def read_user_ns(stream):
    fresh = stream.object("USER")
    stream.refer(stream.struct("USER_NS"), "creator_ref", "USER", fresh, absent=(0,))


def read_user(stream):
    fresh = stream.object("USER_NS")
    stream.refer(stream.struct("USER"), "userns_ref", "USER_NS", fresh)


def read_groups(stream):
    start, end = stream.record("GROUPINFO")
    stream.demand(end - start >= 8, "GROUPINFO is too short", start - 4)
    (count,) = struct.unpack_from("<I", stream.data, start)
    stream.demand(end - start == 8 + 4 * count, f"{count} groups in {end - start} bytes", start)
    stream.demand(not any(stream.data[end - 4:end]), "padding of GROUPINFO is not zero", end - 4)


def read_cred(stream):
    fresh = stream.objects_before("USER", "GROUPINFO")
    cred = stream.struct("CRED")
    expect_used(stream, fresh, cred, "user_ref", "groupinfo_ref")
    stream.refer(cred, "user_ref", "USER")
    stream.refer(cred, "groupinfo_ref", "GROUPINFO")
    check_security(stream, cred, "sec_ref")


def read_uts_ns(stream):
    names = stream.struct("UTS_NS")
    for at in range(0, 6 * UTS_BYTES, UTS_BYTES):
        stream.check(0 in names.names[at:at + UTS_BYTES], names, "names", "a name without NUL in UTS_NS:")


def read_ns(stream):
    if not stream.since("F2"):
        return read_first_ns(stream)
    fresh = stream.objects_before("UTS_NS", "IPC_NS")
    ns = stream.struct("NS")
    expect_used(stream, fresh, ns, "uts", "ipc")
    stream.refer(ns, "uts", "UTS_NS", absent=(0,))
    stream.refer(ns, "ipc", "IPC_NS", absent=(0,))
    if stream.since("H3"):
        stream.refer(ns, "net", "NET_NS", absent=(0,))


def read_first_ns(stream):
    """v16 has the names behind the namespace, without an object of their own."""
    ns = stream.struct("NS")
    stream.check(ns.flags & ~CLONE_NEWUTS == 0, ns, "flags")
    if ns.uts != 0:
        stream.introduce(ns, "uts", "UTS_NS")
    if ns.flags:
        lengths = stream.struct("UTS_NS")
        read_text(stream, "STRING", lengths.nodename_len)
        read_text(stream, "STRING", lengths.domainname_len)


def read_ipc_shm(stream):
    shm = stream.struct("IPC_SHM")
    check_security(stream, shm, "sec_ref")
    if stream.since("J3"):
        stream.check(shm.shift == 0, shm, "shift")
    segment = dict(objref=shm.objref, bytes=shm.segsz, kind="ipc", pages=[])
    stream.check(stream.introduce(shm, "objref", "INODE", segment), shm, "objref", "a segment is there twice:")
    segment["pages"] += read_pages(stream, 0, -(-shm.segsz // PAGE), 1)
    stream.shared[shm.objref] = segment


def read_ipc_msg(stream):
    queue = stream.struct("IPC_MSG")
    check_security(stream, queue, "sec_ref")
    for _ in range(queue.qnum):
        message = stream.struct("IPC_MSG_MSG")
        check_security(stream, message, "sec_ref")
        left = message.m_ts
        while left > 0:
            start, end = stream.record("BUFFER")
            stream.demand(0 < end - start <= left, f"a piece of {end - start} bytes of a message", start - 4)
            left -= end - start


def read_ipc_sem(stream):
    semaphores = stream.struct("IPC_SEM")
    check_security(stream, semaphores, "sec_ref")
    if semaphores.nsems > 0:
        stream.record("BUFFER", 8 * semaphores.nsems)


def read_ipc_ns(stream):
    stream.struct("IPC_NS")
    for name, read in (("IPC_SHM", read_ipc_shm), ("IPC_MSG", read_ipc_msg), ("IPC_SEM", read_ipc_sem)):
        part = stream.struct("IPC")
        stream.check(part.ipc_type == stream.revision.types[name], part, "ipc_type")
        for _ in range(part.ipc_count):
            read(stream)


# ---- files (sections 7.2, 8.11)

def read_name(stream):
    at = stream.at + HEADER_BYTES
    name = stream.bytes("FILE_NAME")
    stream.demand(2 <= len(name) <= PAGE and name.find(0) == len(name) - 1, "FILE_NAME has no NUL at its end alone", at)
    return text(name[:-1])


def read_pipe_contents(stream):
    if stream.since("F3"):
        stream.record("PIPE_BUF")
        return
    pipe = stream.struct("FILE_PIPE")
    stream.check(0 <= pipe.pipe_len <= len(stream.data) - stream.at, pipe, "pipe_len")
    stream.at += pipe.pipe_len


def read_file(stream):
    file = stream.struct("FILE", more=None)
    stream.check(file.f_type in stream.revision.files, file, "f_type")
    tail = stream.revision.files[file.f_type]
    stream.demand(stream.at == file.end + layout_bytes(tail), f"FILE of type {file.f_type} has the wrong length",
                  file.places["f_type"] - 4)
    more = stream.fields(tail, file.end)
    if stream.since("F2"):
        stream.refer(file, "f_credref", "CRED", absent=(0,))
    else:
        stream.check(file.f_credref == 0, file, "f_credref", "padding is not zero:")
    check_security(stream, file, "f_secref")
    name = read_name(stream) if file.f_type in (GENERIC, FIFO) else None
    if file.f_type in (PIPE, FIFO) and stream.introduce(more, "pipe_objref", "INODE", "pipe"):
        stream.pipes.add(more.pipe_objref)
        read_pipe_contents(stream)
    elif file.f_type in (PIPE, FIFO):
        stream.check(more.pipe_objref in stream.pipes, more, "pipe_objref", "no pipe:")
    return dict(name=name, f_type=file.f_type, f_flags=file.f_flags, f_pos=file.f_pos)


def read_epoll_items(stream):
    items = stream.struct("EPOLL_ITEMS")
    file = stream.refer(items, "epfile_objref", "FILE")
    stream.check(file["f_type"] == EPOLL, items, "epfile_objref", "no epoll file:")
    start, end = stream.record("BUFFER", 24 * items.num_items)
    for at in range(start, end, 24):
        stream.refer(stream.fields("data:Q fd:I file_objref:i events:I _:4", at), "file_objref", "FILE")


def read_file_table(stream):
    table = stream.struct("FILE_TABLE")
    stream.check(table.fdt_nfds >= 0, table, "fdt_nfds")
    fds = {}
    for _ in range(table.fdt_nfds):
        fresh = stream.object("FILE")
        entry = stream.struct("FILE_DESC")
        file = stream.refer(entry, "fd_objref", "FILE", fresh)
        stream.check(entry.fd_descriptor >= 0 and entry.fd_descriptor not in fds, entry, "fd_descriptor")
        stream.check(entry.fd_close_on_exec in (0, 1), entry, "fd_close_on_exec")
        fds[entry.fd_descriptor] = dict(fd=entry.fd_descriptor, objref=entry.fd_objref,
                                        closeOnExec=entry.fd_close_on_exec, **file)
    while stream.next_is("EPOLL_ITEMS"):
        read_epoll_items(stream)
    return list(fds.values())


# ---- memory (sections 8.8 to 8.10)

def read_pages(stream, first, limit, unit):
    """Pages of a section, as addresses (`unit` 4096) or indices (`unit` 1) in [first, limit)."""
    pages, least = [], first
    batch = 16 * (PAGE // stream.word)
    while True:
        head = stream.struct("PGARR")
        if head.nr_pages == 0:
            return pages
        stream.check(head.nr_pages <= batch, head, "nr_pages")
        start, end = stream.record("BUFFER", head.nr_pages * (stream.word + PAGE))
        places = struct.unpack_from(f"<{head.nr_pages}{'Q' if stream.word == 8 else 'I'}", stream.data, start)
        contents = end - head.nr_pages * PAGE
        for order, place in enumerate(places):
            stream.demand(least <= place < limit and place % unit == 0, f"page {place:#x} out of order or mapping",
                          start + order * stream.word)
            least = place + unit
            at = contents + order * PAGE
            pages.append([place, at, hashlib.sha256(stream.data[at:at + PAGE]).hexdigest()])


def read_shm_anon(stream, vma):
    """The first mapping of a shared object holds its pages, also those that do not show in it."""
    segment = dict(objref=vma.ino_objref, bytes=vma.ino_size, kind="anon", pages=[])
    stream.check(stream.introduce(vma, "ino_objref", "INODE", segment), vma, "ino_objref", "saved twice:")
    segment["pages"] += read_pages(stream, 0, -(-vma.ino_size // PAGE), 1)
    stream.shared[vma.ino_objref] = segment
    placed = [[vma.vm_start + (index - vma.vm_pgoff) * PAGE, at, digest] for index, at, digest in segment["pages"]]
    return [page for page in placed if vma.vm_start <= page[0] < vma.vm_end]


def check_skip(stream, vma):
    segment = stream.refer(vma, "ino_objref", "INODE")
    kind = "anon" if vma.vma_type == SHM_ANON_SKIP else "ipc"
    stream.check(isinstance(segment, dict) and segment["kind"] == kind, vma, "ino_objref", "no such segment:")
    stream.check(segment["bytes"] == vma.ino_size, vma, "ino_size")
    return []


CONTENTS = {
    VDSO: lambda stream, vma: [],
    ANON: lambda stream, vma: read_pages(stream, vma.vm_start, vma.vm_end, PAGE),
    FILE_PRIVATE: lambda stream, vma: read_pages(stream, vma.vm_start, vma.vm_end, PAGE),
    SHM_ANON: read_shm_anon,
    SHM_ANON_SKIP: check_skip,
    SHM_FILE: lambda stream, vma: [],
    SHM_IPC_SKIP: check_skip,
}


# shared memory may be that of a file, such as a memfd; the specification says neither yes nor no
MAY_HAVE_FILE = (FILE_PRIVATE, SHM_FILE, SHM_ANON, SHM_ANON_SKIP)


def read_vma(stream, lowest):
    fresh = stream.object("FILE")
    vma = stream.struct("VMA")
    kind = vma.vma_type
    stream.check(kind in CONTENTS, vma, "vma_type")
    stream.check(vma.vm_start >= lowest and vma.vm_start % PAGE == 0, vma, "vm_start")
    limit = 1 << (8 * stream.word)
    stream.check(vma.vm_start < vma.vm_end < limit + (stream.word == 4) and vma.vm_end % PAGE == 0, vma, "vm_end")
    needs_file = kind in (FILE_PRIVATE, SHM_FILE)
    file = stream.refer(vma, "vma_objref", "FILE", fresh, absent=() if needs_file else (0,))
    stream.check(file is None or kind in MAY_HAVE_FILE, vma, "vma_objref", f"type {kind} with a file:")
    stream.check(vma.ino_objref == 0 or kind in (SHM_ANON, SHM_ANON_SKIP, SHM_IPC_SKIP), vma, "ino_objref")
    stream.check(vma.ino_size == 0 or kind not in (VDSO, ANON), vma, "ino_size")
    if stream.since("J3"):
        stream.check(vma.hugetlb_shift == 0, vma, "hugetlb_shift")
    pages = CONTENTS[kind](stream, vma)
    return dict(start=vma.vm_start, end=vma.vm_end, prot=vma.vm_page_prot, flags=vma.vm_flags, pgoff=vma.vm_pgoff,
                type=kind, file=file and file["name"], shared=vma.ino_objref or None, fileBytes=vma.ino_size, pages=pages)


def read_mm(stream):
    fresh = stream.object("FILE")
    mm = stream.struct("MM")
    exe = stream.refer(mm, "exe_objref", "FILE", fresh, absent=(0,))
    auxv = stream.bytes("BUFFER", stream.auxv_bytes) if stream.since("F2") else b""
    vmas = []
    for _ in range(mm.map_count):
        vmas.append(read_vma(stream, vmas[-1]["end"] if vmas else 0))
    context = stream.struct("MM_CONTEXT")
    stream.check(context.ldt_entry_size == 8, context, "ldt_entry_size")
    stream.check(context.nldt <= 8192, context, "nldt")
    vdso = [vma["start"] for vma in vmas if vma["type"] == VDSO]
    stream.check(not vdso or context.vdso in vdso, context, "vdso")
    ldt = stream.bytes("MM_CONTEXT_LDT", 8 * context.nldt)
    entry = "Q" if stream.since("H1") or stream.word == 8 else "I"
    stream.mms.append(dict(exe=exe and exe["name"], brk=mm.brk, startStack=mm.start_stack, vdso=context.vdso,
                           auxv=list(struct.unpack(f"<{len(auxv) // struct.calcsize(entry)}{entry}", auxv)),
                           ldt=ldt.hex(), vmas=vmas))
    return len(stream.mms) - 1


# ---- tasks (sections 8.5 to 8.7, 10)

def read_fs(stream):
    stream.struct("FS")
    read_name(stream)
    read_name(stream)


SECTIONS = dict(FILE_TABLE=read_file_table, FILE=read_file, MM=read_mm, FS=read_fs,
                SIGHAND=lambda stream: stream.struct("SIGHAND") and None, NS=read_ns, UTS_NS=read_uts_ns,
                IPC_NS=read_ipc_ns, USER_NS=read_user_ns, USER=read_user, CRED=read_cred, GROUPINFO=read_groups)


def read_pending(stream):
    start, _ = stream.record("SIGPENDING")
    size = 88 if stream.since("J1") else 48
    stream.demand(stream.at >= start + 16, "SIGPENDING is too short", start - 4)
    fields = stream.fields("nr_pending:I _:4 signal:8s", start)
    stream.check(stream.at == start + 16 + size * fields.nr_pending, fields, "nr_pending")


def read_credentials(stream):
    """Whether the task has some; the grammar leaves them out where nothing is known of them."""
    fresh = stream.objects_before("CRED")
    if not fresh and not stream.next_is("TASK_CREDS"):
        return False
    creds = stream.struct("TASK_CREDS")
    expect_used(stream, fresh, creds, "cred_ref", "ecred_ref")
    stream.refer(creds, "cred_ref", "CRED")
    stream.refer(creds, "ecred_ref", "CRED")
    return True


def read_namespaces(stream):
    fresh = stream.object("NS")
    if fresh is None and not stream.next_is("TASK_NS"):
        return False
    stream.refer(stream.struct("TASK_NS"), "ns_objref", "NS", fresh)
    return True


def read_signal(stream):
    if stream.revision.group != "F3":
        signal = stream.struct("SIGNAL")
        stream.refer(signal, "tty_objref", "TTY", absent=(0,))
    else:
        # what v18 as posted has behind the limits is not confirmed
        start, end = stream.record("SIGNAL")
        stream.demand(256 <= end - start <= 320 and (end - start) % 8 == 0, f"SIGNAL of {end - start} bytes", start - 4)
    read_pending(stream)


def read_objects(stream):
    """Files and memory of a task; `has` tells which of the sections are there that the grammar does not demand."""
    has = dict(creds=stream.since("F2") and read_credentials(stream), ns=read_namespaces(stream))
    kinds = ["FILE_TABLE", "MM"] + (["FS"] if stream.since("G3") else []) + (["SIGHAND"] if stream.since("F2") else [])
    fresh = {kind: stream.object(kind) for kind in kinds}
    objs = stream.struct("TASK_OBJS")
    names = dict(FILE_TABLE="files", MM="mm", FS="fs", SIGHAND="sighand")
    absent = dict(FILE_TABLE=(), MM=(), FS=(0,), SIGHAND=(0,))
    found = {kind: stream.refer(objs, names[kind], kind, fresh[kind], absent[kind]) for kind in kinds}
    if stream.since("J1"):
        stream.check(objs.sem_undo == 0, objs, "sem_undo", "no undo list is known:")
    for name in ("fs", "sighand", "signal"):
        has[name] = getattr(objs, name, 0) != 0
    if has["signal"] and stream.introduce(objs, "signal", "SIGNAL"):
        read_signal(stream)
    return dict(files=found["FILE_TABLE"], mm=found["MM"], has=[name for name in has if has[name]])


def check_segment(stream, cpu, name):
    code = getattr(cpu, name)
    plain = range(5) if stream.word == 8 and stream.since("G2") else range(3)
    stream.check(code in plain or 0x4000 <= code <= 0x4002 or 0x8000 <= code < 0xA000, cpu, name)


def check_registers(stream, cpu):
    for name in [f"r{number}" for number in range(8, 16)] if stream.word == 4 else []:
        stream.check(getattr(cpu, name) == 0, cpu, name)
    if not stream.since("F2"):
        return
    for name in ("fsindex", "gsindex", "cs", "ss", "ds", "es"):
        check_segment(stream, cpu, name)
    for name in ("fs", "gs"):
        is_based = stream.word == 8 and getattr(cpu, f"{name}index") == 0
        stream.check(is_based or getattr(cpu, name) == 0, cpu, name)


def read_thread(stream):
    thread = stream.struct("THREAD")
    stream.check(thread.entries == 3, thread, "entries")
    stream.check(thread.tls_bytes == 24, thread, "tls_bytes")
    if not stream.since("F2"):
        stream.check(thread.ntls <= 3, thread, "ntls")
        if thread.ntls > 0:
            stream.struct("THREAD_TLS")
    restart = stream.struct("RESTART_BLOCK")
    stream.check(1 <= restart.function_type <= 7, restart, "function_type")
    cpu = stream.struct("CPU")
    check_registers(stream, cpu)
    if cpu.used_math:
        stream.record("CPU_FPU", stream.xstate_bytes)
    return dict(ip=cpu.ip, sp=cpu.sp, usedMath=cpu.used_math)


def read_signals(stream):
    if stream.since("F3"):
        read_pending(stream)
        stream.struct("SIGNAL_TASK")


def is_zombie(stream, task):
    """Whether the task has no body, which only v17 and later know."""
    zombie = task.exit_state == EXIT_ZOMBIE
    stream.check(zombie or task.exit_state == 0, task, "exit_state")
    stream.check(zombie == (task.state == TASK_DEAD), task, "state")
    stream.check(not zombie or stream.since("F2"), task, "exit_state")
    return zombie


def read_task(stream, pids):
    task = stream.struct("TASK")
    if not stream.since("F2"):
        stream.check(task.task_comm_len == 16, task, "task_comm_len")
    comm = read_text(stream, "STRING", 16)
    facts = dict(**pids, comm=comm, exitCode=task.exit_code, exitSignal=task.exit_signal)
    if is_zombie(stream, task):
        return dict(**facts, zombie=True, files=[], mm=None)
    if stream.since("H1"):
        cpu, body = read_thread(stream), read_objects(stream)
    else:
        body, cpu = read_objects(stream), read_thread(stream)
    read_signals(stream)
    return dict(**facts, zombie=False, **body, cpu=cpu)


def read_image(path):
    stream = Stream(path)
    head = read_head(stream)
    read_container(stream)
    pid_objects = read_pid_objects(stream)
    tree = read_tree(stream, pid_objects)
    tasks = [read_task(stream, pids) for pids in tree]
    tail = stream.struct("TAIL")
    stream.check(tail.magic == TAIL_MAGIC, tail, "magic")
    # kernels read no further: there may be an index, whole
    rest = bytes(stream.data[stream.at:])
    stream.demand(not rest or (rest.startswith(b"critidx>") and rest.endswith(b"<critidx")), "bytes after TAIL")
    return dict(head=dict(**head, numbersAscend=stream.ascends), tasks=tasks, mms=stream.mms, shared=list(stream.shared.values()))


def for_json(value):
    """Numbers that JSON readers would round become text."""
    if isinstance(value, dict):
        return {key: for_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [for_json(item) for item in value]
    return str(value) if isinstance(value, int) and abs(value) > 1 << 53 else value


def read_or_refuse(path):
    try:
        return for_json(read_image(path))
    except Refused as refused:
        return dict(refused=refused.args[0], offset=refused.args[1])


def main(paths):
    found = [read_or_refuse(path) for path in paths]
    json.dump(found, sys.stdout)
    sys.exit(any("refused" in image for image in found))


if __name__ == "__main__":
    main(sys.argv[1:])
