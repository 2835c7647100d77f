/*
 * A process that does random things to its memory.
 *
 *   churn SEED
 *
 * Commands on stdin, one a line, answered by a line "done":
 *   run N         does N operations: maps, unmaps, stores, protects, advises, moves, forks
 *   record FILE   writes what its memory holds, and tells of each part by a line
 *                 area churn START PAGES zero|file
 *                 (file: behind the part's pages stand those of the file below it)
 * It ends with its standard input.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES 2048u
#define LONGEST 64u
#define FILE_PAGES 256u
#define CHILDREN 3u
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

static unsigned char *const ARENA = (unsigned char *)0x200000000000ul;

enum kind { UNMAPPED, ANONYMOUS, SHARED, MEMFD, PRIVATE_FILE, SHARED_FILE, KINDS };

/* What is mapped at each page of the arena; `in_file` is the page of the file or memfd. */
static struct {
	enum kind kind;
	int prot;
	unsigned in_file;
} pages[PAGES];

static int file, memfd, mem;
static pid_t children[CHILDREN];
static uint32_t state;

static void die(const char *what)
{
	fprintf(stderr, "churn: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % limit;
}

struct range {
	unsigned start, count;
};

static unsigned char *at(unsigned index)
{
	return ARENA + index * PAGE;
}

static struct range random_range(void)
{
	struct range range = { 0, 1 + random_below(LONGEST) };

	range.start = random_below(PAGES - range.count + 1);
	return range;
}

/* The longest piece of a random range on which `index` behaves like its neighbours; of length 0 when nothing is mapped. */
static struct range random_mapped(void)
{
	struct range range = random_range();
	unsigned count = 0;

	while (count < range.count && pages[range.start + count].kind != UNMAPPED &&
	       pages[range.start + count].kind == pages[range.start].kind &&
	       pages[range.start + count].prot == pages[range.start].prot)
		count++;
	range.count = count;
	return range;
}

static void forget(struct range range)
{
	for (unsigned i = range.start; i < range.start + range.count; i++)
		pages[i].kind = UNMAPPED;
}

static void map(void)
{
	struct range range = random_range();
	enum kind kind = 1 + random_below(KINDS - 1);
	unsigned in_file = random_below(FILE_PAGES - range.count);
	int is_file = kind == PRIVATE_FILE || kind == SHARED_FILE;
	int flags = kind == ANONYMOUS || kind == PRIVATE_FILE ? MAP_PRIVATE : MAP_SHARED;
	int from = is_file ? file : kind == MEMFD ? memfd : -1;

	if (from < 0)
		flags |= MAP_ANONYMOUS;
	if (mmap(at(range.start), range.count * PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, from,
		 from < 0 ? 0 : (off_t)(in_file * PAGE)) == MAP_FAILED)
		die("mmap");
	for (unsigned i = 0; i < range.count; i++) {
		pages[range.start + i].kind = kind;
		pages[range.start + i].prot = PROT_READ | PROT_WRITE;
		pages[range.start + i].in_file = in_file + i;
	}
}

static void unmap(void)
{
	struct range range = random_range();

	range.count = 1 + range.count / 4;
	if (munmap(at(range.start), range.count * PAGE) != 0)
		die("munmap");
	forget(range);
}

static void store(void)
{
	struct range range = random_mapped();

	for (unsigned i = range.start; i < range.start + range.count; i++) {
		unsigned char *byte = at(i) + random_below(PAGE);
		unsigned char value = (unsigned char)random_below(256);

		if (pages[i].prot & PROT_WRITE)
			*(volatile unsigned char *)byte = value;
		else if (pages[i].kind == ANONYMOUS || pages[i].kind == PRIVATE_FILE)
			/* as a debugger would */
			if (pwrite(mem, &value, 1, (off_t)(uintptr_t)byte) != 1)
				die("write to mem");
	}
}

static void load(void)
{
	struct range range = random_mapped();

	for (unsigned i = range.start; i < range.start + range.count; i++)
		if (pages[i].prot & PROT_READ)
			(void)*(volatile unsigned char *)at(i);
}

static void zero(void)
{
	struct range range = random_mapped();

	for (unsigned i = range.start; i < range.start + range.count; i++)
		if (pages[i].prot & PROT_WRITE)
			memset(at(i), 0, PAGE);
}

static void protect(void)
{
	static const int PROTS[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE };
	struct range range = random_mapped();
	int prot = PROTS[random_below(4)];

	if (range.count == 0)
		return;
	if (mprotect(at(range.start), range.count * PAGE, prot) != 0)
		die("mprotect");
	for (unsigned i = 0; i < range.count; i++)
		pages[range.start + i].prot = prot;
}

static void advise(void)
{
	static const int ADVICE[] = { MADV_DONTNEED, MADV_DONTNEED, MADV_REMOVE, MADV_PAGEOUT, MADV_HUGEPAGE, MADV_NOHUGEPAGE };
	struct range range = random_mapped();

	/* not every advice is for every mapping; refused it changes nothing */
	if (range.count > 0)
		madvise(at(range.start), range.count * PAGE, ADVICE[random_below(6)]);
}

static void move(void)
{
	struct range from = random_mapped();
	struct range to = { random_below(PAGES - LONGEST), from.count };

	if (from.count == 0 || (from.start < to.start + to.count && to.start < from.start + from.count))
		return;
	if (mremap(at(from.start), from.count * PAGE, from.count * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, at(to.start)) == at(to.start))
		memcpy(&pages[to.start], &pages[from.start], to.count * sizeof *pages);
	else {
		/* a range of several mappings is refused half way */
		if (munmap(at(from.start), from.count * PAGE) != 0 || munmap(at(to.start), to.count * PAGE) != 0)
			die("munmap");
		forget(to);
	}
	forget(from);
}

static void write_file(void)
{
	unsigned char bytes[64];

	memset(bytes, (int)random_below(256), sizeof bytes);
	if (pwrite(random_below(2) ? file : memfd, bytes, sizeof bytes, (off_t)(random_below(FILE_PAGES) * PAGE)) != sizeof bytes)
		die("pwrite");
}

static void store_as_child(int done, int stays)
{
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* what was opened is the parent's memory */
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	for (int i = 0; i < 5; i++)
		store();
	if (write(done, &byte, 1) != 1)
		die("end of a child's stores");
	while (stays)
		pause();
	_exit(0);
}

/* A child that writes and is gone, or one that stays for a while and keeps the pages that were its parent's. */
static void fork_child(void)
{
	pid_t *place = &children[random_below(CHILDREN)];
	int stays = (int)random_below(2);
	int done[2];
	char byte;
	pid_t child;

	if (*place > 0 && (kill(*place, SIGKILL) != 0 || waitpid(*place, NULL, 0) != *place))
		die("end of a child");
	*place = 0;
	if (pipe(done) != 0 || (child = fork()) < 0)
		die("fork");
	if (child == 0)
		store_as_child(done[1], stays);
	/* nobody may write while we do nothing */
	if (read(done[0], &byte, 1) != 1)
		die("read from a child");
	close(done[0]);
	close(done[1]);
	if (stays)
		*place = child;
	else if (waitpid(child, NULL, 0) != child)
		die("wait");
}

static void run(unsigned count)
{
	/* the more often, the more places */
	static void (*const OPERATIONS[])(void) = { store, store, store, store, map, map, unmap, load, zero, protect,
						    advise, advise, move, write_file };

	for (unsigned i = 0; i < count; i++)
		if (random_below(50) == 0)
			fork_child();
		else
			OPERATIONS[random_below(sizeof OPERATIONS / sizeof *OPERATIONS)]();
}

static int is_of_file(unsigned index)
{
	return pages[index].kind == PRIVATE_FILE || pages[index].kind == SHARED_FILE;
}

static void copy_page(int to, int from, off_t offset)
{
	unsigned char bytes[PAGE];

	if (pread(from, bytes, PAGE, offset) != (ssize_t)PAGE || write(to, bytes, PAGE) != (ssize_t)PAGE)
		die("record");
}

static unsigned record_part(int to, unsigned start)
{
	unsigned end = start;

	while (end < PAGES && pages[end].kind == pages[start].kind)
		end++;
	if (pages[start].kind == UNMAPPED)
		return end;
	printf("area churn %#lx %u %s\n", (unsigned long)at(start), end - start, is_of_file(start) ? "file" : "zero");
	for (unsigned i = start; i < end; i++)
		copy_page(to, mem, (off_t)(uintptr_t)at(i));
	for (unsigned i = start; i < end && is_of_file(start); i++)
		copy_page(to, file, (off_t)(pages[i].in_file * PAGE));
	return end;
}

static void record(const char *name)
{
	int to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (to < 0)
		die(name);
	for (unsigned at = 0; at < PAGES;)
		at = record_part(to, at);
	close(to);
}

static void make_files(void)
{
	char name[] = "/tmp/crit-churn-XXXXXX";
	unsigned char bytes[PAGE];

	file = mkstemp(name);
	memfd = (int)syscall(SYS_memfd_create, "churn", 0);
	mem = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (file < 0 || memfd < 0 || mem < 0 || unlink(name) != 0 || ftruncate(memfd, FILE_PAGES * PAGE) != 0)
		die("files");
	for (unsigned i = 0; i < FILE_PAGES; i++) {
		memset(bytes, (int)(i + 1), PAGE);
		if (pwrite(file, bytes, PAGE, (off_t)(i * PAGE)) != (ssize_t)PAGE)
			die("pwrite");
	}
}

int main(int argc, char **argv)
{
	static char line[4096];

	/* xorshift never leaves zero */
	state = (argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1) | 1u << 31;
	make_files();
	run(1000);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, "run ", 4) == 0)
			run((unsigned)strtoul(line + 4, NULL, 10));
		else if (strncmp(line, "record ", 7) == 0)
			record(line + 7);
		else
			die(line);
		puts("done");
		fflush(stdout);
	}
	return 0;
}
