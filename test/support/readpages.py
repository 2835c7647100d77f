#!/usr/bin/env python3
"""What an image of a stopped process must hold, read from /proc without any code of the project.

    readpages.py PID

Prints {"vmas": [{start, end, perms, name, isAnonymous, pages: [[vaddr, sha256], ...]}]}: for private mappings the pages
that are present or swapped and not the mapped file's own; guard pages left out. Mappings of which nothing is resident
have no pages (a page that was only read, and so is zero, does not count as resident). Of shared memory (anonymous, memfd,
SysV) those are there that are present and, where the object itself can be read, all that are not zero; shared mappings of
files have no pages.
"""
import hashlib
import json
import os
import re
import struct
import sys

PAGE = 4096
PRESENT, SWAPPED, FILE_OR_SHARED, GUARD = 1 << 63, 1 << 62, 1 << 61, 1 << 58
BATCH_PAGES = 1 << 16
SHARED_MEMORY = (b"/dev/zero", b"/memfd:", b"/SYSV")
HEADER = re.compile(rb"([0-9a-f]+)-([0-9a-f]+) (\S{4}) [0-9a-f]+ [0-9a-f]+:[0-9a-f]+ (\d+) *(.*)")


def mappings(pid):
    """(start, end, perms, inode, name, resident kB) of each mapping, from smaps."""
    found = []
    with open(f"/proc/{pid}/smaps", "rb") as smaps:
        for line in smaps.read().split(b"\n"):
            header = HEADER.fullmatch(line)
            if header:
                start, end, perms, inode, name = header.groups()
                found.append([int(start, 16), int(end, 16), perms.decode(), int(inode), name, 0])
            elif line.startswith((b"Rss:", b"Swap:")):
                found[-1][5] += int(line.split()[1])
    return found


def true_name(pid, start, end, name):
    """The link of map_files tells a newline in a name from the text \\012; not everybody may read it."""
    try:
        link = os.readlink(f"/proc/{pid}/map_files/{start:x}-{end:x}".encode())
    except OSError:
        link = name.replace(b"\\012", b"\n")
    return link.decode("utf-8", "surrogateescape")


def dumped_pages(pagemap, start, end):
    """Addresses of the pages of [start, end) that belong into an image."""
    for batch in range(start, end, BATCH_PAGES * PAGE):
        count = min(BATCH_PAGES, (end - batch) // PAGE)
        entries = os.pread(pagemap, count * 8, batch // PAGE * 8)
        if not any(entries):
            continue
        for index, (entry,) in enumerate(struct.iter_unpack("<Q", entries)):
            is_there = entry & (PRESENT | SWAPPED) and not entry & FILE_OR_SHARED
            if is_there and not (entry & SWAPPED and entry & GUARD):
                yield batch + index * PAGE


def shared_pages(pid, memory, pagemap, start, end):
    try:
        own = os.open(f"/proc/{pid}/map_files/{start:x}-{end:x}", os.O_RDONLY)
    except OSError:
        own = None
    offset = offset_of(pid, start)
    for vaddr in range(start, end, PAGE):
        (entry,) = struct.unpack("<Q", os.pread(pagemap, 8, vaddr // PAGE * 8))
        if entry & (PRESENT | SWAPPED):
            contents = os.pread(memory, PAGE, vaddr)
        else:
            contents = os.pread(own, PAGE, offset + vaddr - start) if own is not None else b""
            if not contents.strip(b"\0"):
                continue
        yield [vaddr, hashlib.sha256(contents.ljust(PAGE, b"\0")).hexdigest()]
    if own is not None:
        os.close(own)


def offset_of(pid, start):
    with open(f"/proc/{pid}/maps", "rb") as maps:
        for line in maps:
            if line.startswith(f"{start:x}-".encode()):
                return int(line.split()[2], 16)


def read_vma(pid, memory, pagemap, mapping):
    start, end, perms, inode, name, resident = mapping
    pages = []
    if perms.endswith("s") and name.startswith(SHARED_MEMORY):
        pages = list(shared_pages(pid, memory, pagemap, start, end))
    if perms.endswith("p") and resident > 0:
        for vaddr in dumped_pages(pagemap, start, end):
            contents = os.pread(memory, PAGE, vaddr)
            assert len(contents) == PAGE, f"{vaddr:#x} cannot be read"
            pages.append([vaddr, hashlib.sha256(contents).hexdigest()])
    return {
        "start": start,
        "end": end,
        "perms": perms,
        "name": true_name(pid, start, end, name) if inode else name.decode("utf-8", "surrogateescape"),
        "isAnonymous": inode == 0,
        "pages": pages,
    }


def main(pid):
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    pagemap = os.open(f"/proc/{pid}/pagemap", os.O_RDONLY)
    user = [mapping for mapping in mappings(pid) if mapping[1] < 1 << 63]
    json.dump({"vmas": [read_vma(pid, memory, pagemap, mapping) for mapping in user]}, sys.stdout)


main(int(sys.argv[1]))
