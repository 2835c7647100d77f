/*
 * A process with every shape of memory that a capture must understand.
 *
 *   shapes [--threads N] [--fork] [--ballast MIB] [--seed N] DIR
 *
 * For each region it prints one JSON line { name, start, length, pages }: `pages` holds one letter per page, repeated
 * over the region. Then {"ready":PID} (with --fork the PID of the child, which has written nothing since the fork).
 *
 *   P  holds the pattern of its seed and address      F  a clean page of a private file: not to be dumped
 *   Z  written with zeros                             S  shared: a 1 and zeros; of a file not dumped
 *   R  only read, so zero                             U  never touched
 *   G  guard page
 *
 * It counts in DIR/counter (a shared mapping, one u64 per thread) as long as it runs. Commands on stdin, one a line:
 *   w ADDR VALUE    write one byte        d ADDR LENGTH    madvise(MADV_DONTNEED)       u ADDR LENGTH    munmap
 *   q               end
 * Each is answered by a line "ok".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static uint32_t seed = 1;
static const char *dir;
static volatile uint64_t *counters;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The pattern is a function of seed and address alone, so that any reader can recompute it. */
static void fill_pattern(unsigned char *start, size_t length)
{
	for (size_t at = 0; at < length; at += 4) {
		uintptr_t address = (uintptr_t)start + at;
		uint32_t x = seed ^ (uint32_t)(address >> 12) * 2654435761u ^ (uint32_t)(address & 4095) * 40503u;
		x ^= x >> 15;
		x *= 2246822519u;
		x ^= x >> 13;
		memcpy(start + at, &x, 4);
	}
}

static void announce(const char *name, const void *start, size_t length, const char *pages)
{
	printf("{\"name\":\"%s\",\"start\":\"0x%lx\",\"length\":%lu,\"pages\":\"%s\"}\n", name, (unsigned long)start, length,
	       pages);
}

static unsigned char *map(size_t length, int protection, int flags, int fd)
{
	void *start = mmap(NULL, length, protection, flags, fd, 0);
	if (start == MAP_FAILED)
		die("mmap");
	return start;
}

/* A hole on either side keeps the kernel from merging neighbours into one VMA. */
static unsigned char *map_anonymous(size_t length)
{
	unsigned char *start = map(length + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	munmap(start, PAGE);
	munmap(start + PAGE + length, PAGE);
	return start + PAGE;
}

static void read_page(const volatile unsigned char *page)
{
	(void)*page;
}

/* Makes each page of a fresh region what its letter says. */
static void touch(unsigned char *start, size_t length, const char *pages)
{
	size_t letters = strlen(pages);
	/* a reservation has more pages than one would want to count */
	if (strcmp(pages, "U") == 0)
		return;
	for (size_t i = 0; i < length / PAGE; i++) {
		unsigned char *page = start + i * PAGE;
		switch (pages[i % letters]) {
		case 'P': fill_pattern(page, PAGE); break;
		case 'Z': memset(page, 1, PAGE), memset(page, 0, PAGE); break;
		case 'R': case 'F': read_page(page); break;
		case 'S': page[0] = 1; break;
		}
	}
}

static unsigned char *make(const char *name, unsigned char *start, size_t length, const char *pages)
{
	touch(start, length, pages);
	announce(name, start, length, pages);
	return start;
}

static int make_file(const char *name, size_t length)
{
	char path[4096], block[PAGE];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		die(path);
	memset(block, 'f', sizeof block);
	for (size_t at = 0; at < length; at += PAGE)
		if (write(fd, block, PAGE) != (ssize_t)PAGE)
			die("write");
	return fd;
}

static void make_private_file(const char *name, const char *file, const char *pages, int is_deleted)
{
	size_t length = strlen(pages) * PAGE;
	int fd = make_file(file, length);
	unsigned char *start = map(length, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	/* read-around would bring untouched pages in as clean ones */
	madvise(start, length, MADV_RANDOM);
	make(name, start, length, pages);
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, file);
	if (is_deleted && unlink(path) != 0)
		die("unlink");
	close(fd);
}

static void make_heap(void)
{
	uintptr_t end = (uintptr_t)sbrk(0);
	sbrk((intptr_t)(-end & (PAGE - 1)));
	make("heap", sbrk(16 * PAGE), 16 * PAGE, "PPPU");
}

static void make_guarded(void)
{
	unsigned char *start = map_anonymous(8 * PAGE);
	if (madvise(start + PAGE, 2 * PAGE, MADV_GUARD_INSTALL) == 0)
		make("guard pages", start, 8 * PAGE, "PGGPUUUU");
}

static void make_anonymous_kinds(size_t ballast)
{
	make("anonymous", map_anonymous(64 * PAGE), 64 * PAGE, "PPPPZUUR");
	make("one chunk and a page", map_anonymous(2049 * PAGE), 2049 * PAGE, "P");
	make("every second page", map_anonymous(4097 * PAGE), 4097 * PAGE, "PU");
	make("only read", map_anonymous(16 * PAGE), 16 * PAGE, "R");
	make("reservation of 1 TiB", map(1ul << 40, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1), 1ul << 40,
	     "U");
	make("writable reservation of 1 TiB",
	     map(1ul << 40, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1), 1ul << 40, "U");
	if (mprotect(make("no access", map_anonymous(8 * PAGE), 8 * PAGE, "P"), 8 * PAGE, PROT_NONE) != 0)
		die("mprotect");
	if (madvise(make("not to be dumped", map_anonymous(8 * PAGE), 8 * PAGE, "P"), 8 * PAGE, MADV_DONTDUMP) != 0)
		die("madvise");
	unsigned char *huge = map_anonymous(8ul << 20);
	madvise(huge, 8ul << 20, MADV_HUGEPAGE);
	make("huge pages", huge, 8ul << 20, "P");
	if (ballast > 0)
		make("ballast", map_anonymous(ballast), ballast, "P");
	make_guarded();
}

static void make_shared_kinds(void)
{
	make("shared anonymous", map(8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1), 8 * PAGE, "SU");
	make("shared file", map(4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, make_file("shared", 4 * PAGE)), 4 * PAGE, "SU");
}

static void *count(void *slot)
{
	for (;;) {
		counters[(uintptr_t)slot]++;
		usleep(1000);
	}
	return NULL;
}

static void start_counting(long threads)
{
	counters = (volatile uint64_t *)map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, make_file("counter", PAGE));
	memset((void *)counters, 0, PAGE);
	for (long i = 1; i < threads; i++) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, count, (void *)i) != 0)
			die("pthread_create");
	}
}

static int obey(const char *line)
{
	unsigned long address, value;
	char command;
	if (sscanf(line, "%c %lx %lx", &command, &address, &value) < 1)
		return 1;
	switch (command) {
	case 'w': *(volatile unsigned char *)address = (unsigned char)value; break;
	case 'd': madvise((void *)address, value, MADV_DONTNEED); break;
	case 'u': munmap((void *)address, value); break;
	case 'q': return 0;
	}
	puts("ok");
	return 1;
}

static void serve(void)
{
	static char line[256];
	struct pollfd input = { .fd = 0, .events = POLLIN };
	for (;;) {
		counters[0]++;
		if (poll(&input, 1, 1) <= 0)
			continue;
		size_t used = 0;
		while (read(0, line + used, 1) == 1 && line[used] != '\n' && used < sizeof line - 2)
			used++;
		if (line[used] != '\n')
			return;
		line[used + 1] = 0;
		if (!obey(line))
			return;
	}
}

/* The parent waits; the child holds pages that it shares with the parent and has not written. */
static void go_on_as_child(void)
{
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child > 0) {
		waitpid(child, NULL, 0);
		_exit(0);
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int main(int argc, char **argv)
{
	long threads = 1;
	size_t ballast = 0;
	int forks = 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--fork") == 0) forks = 1;
		else if (i + 1 < argc && strcmp(argv[i], "--threads") == 0) threads = atol(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--ballast") == 0) ballast = (size_t)atol(argv[++i]) << 20;
		else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) seed = (uint32_t)atol(argv[++i]);
		else dir = argv[i];
	}
	if (dir == NULL) {
		fprintf(stderr, "usage: shapes [--threads N] [--fork] [--ballast MIB] [--seed N] DIR\n");
		return 2;
	}
	unsigned char on_stack[9 * PAGE];
	unsigned char *aligned = (unsigned char *)(((uintptr_t)on_stack + PAGE - 1) & ~(PAGE - 1));
	make("stack", aligned, 8 * PAGE, "P");
	make_heap();
	make_anonymous_kinds(ballast);
	make_private_file("private file", "private", "FPZUFPZU", 0);
	make_private_file("deleted file", "deleted", "PFZU", 1);
	make_private_file("file with an odd name", "odd\n\033[31mname", "PF", 0);
	make_shared_kinds();
	if (forks)
		go_on_as_child();
	start_counting(threads);
	printf("{\"ready\":%d}\n", getpid());
	serve();
	return 0;
}
