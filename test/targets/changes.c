/*
 * A process whose memory changes on command, in every way that an incremental capture must notice.
 *
 *   changes DIR [BALLAST_MIB]
 *
 * Prints one line {"ready":PID} when its memory is made; commands come on stdin, one a line, each answered by "ok":
 *   NAME of one of the changes below, on memory that was made for it
 *   q, which ends it
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define PAGES 64ul
#define SIZE (PAGES * PAGE)

static const char *dir;
static uint32_t turn = 1;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Every page differs from every other, and from what it holds after another turn. */
static void fill(unsigned char *start, unsigned long pages)
{
	for (unsigned long i = 0; i < pages * PAGE; i += 4) {
		uint32_t x = turn * 2654435761u ^ (uint32_t)((uintptr_t)(start + i) >> 2) * 40503u;
		x ^= x >> 15;
		memcpy(start + i, &x, 4);
	}
}

static unsigned char *map(size_t length, int flags, int fd)
{
	void *start = mmap(NULL, length, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (start == MAP_FAILED)
		die("mmap");
	return start;
}

static unsigned char *make_anonymous(void)
{
	/* a hole on either side keeps the kernel from merging neighbours */
	unsigned char *start = map(SIZE + 2 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1) + PAGE;
	munmap(start - PAGE, PAGE);
	munmap(start + SIZE, PAGE);
	fill(start, PAGES);
	return start;
}

static unsigned char *make_file(const char *name, int flags)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ftruncate(fd, SIZE) != 0)
		die(path);
	unsigned char *start = map(SIZE, flags, fd);
	fill(start, PAGES);
	close(fd);
	return start;
}

static unsigned char *written, *dropped, *loaded, *file, *moved, *protected, *replaced, *merged, *zeroed, *forked, *partly;
static unsigned char *shared, *memfd, *read_into, *rewritten, *grown, *holed;

static void make(void)
{
	written = make_anonymous(), dropped = make_anonymous(), loaded = make_anonymous(), moved = make_anonymous();
	protected = make_anonymous(), replaced = make_anonymous(), merged = make_anonymous(), zeroed = make_anonymous();
	forked = make_anonymous(), partly = make_anonymous(), read_into = make_anonymous(), rewritten = make_anonymous();
	grown = make_anonymous(), holed = make_anonymous();
	file = make_file("private", MAP_PRIVATE);
	shared = map(SIZE, MAP_SHARED | MAP_ANONYMOUS, -1);
	fill(shared, PAGES);
	int fd = memfd_create("changes", 0);
	if (fd < 0 || ftruncate(fd, SIZE) != 0)
		die("memfd");
	memfd = map(SIZE, MAP_SHARED, fd);
	fill(memfd, PAGES);
}

static void write_some(unsigned char *start)
{
	fill(start + 3 * PAGE, 2);
	start[17 * PAGE + 100] ^= 1;
	start[63 * PAGE + 4095] ^= 1;
}

static void load(const volatile unsigned char *page)
{
	(void)*page;
}

/* A child that is gone before anybody looks. */
static void write_by_child(unsigned char *start)
{
	pid_t child = fork();
	if (child == 0) {
		write_some(start);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void read_from_pipe(unsigned char *into)
{
	int ends[2];
	if (pipe(ends) != 0 || write(ends[1], "change", 6) != 6 || read(ends[0], into, 6) != 6)
		die("pipe");
	close(ends[0]);
	close(ends[1]);
}

static void change(const char *name)
{
	turn++;
	if (!strcmp(name, "nothing")) {}
	else if (!strcmp(name, "write")) write_some(written);
	else if (!strcmp(name, "rewrite")) memmove(rewritten, rewritten, SIZE);
	else if (!strcmp(name, "read")) read_from_pipe(read_into + 5 * PAGE);
	else if (!strcmp(name, "dontneed")) madvise(dropped + 8 * PAGE, 8 * PAGE, MADV_DONTNEED);
	else if (!strcmp(name, "dontneed-load")) {
		madvise(loaded + 8 * PAGE, 8 * PAGE, MADV_DONTNEED);
		for (int i = 8; i < 16; i++) load(loaded + i * PAGE);
	}
	else if (!strcmp(name, "dontneed-file")) {
		madvise(file + 8 * PAGE, 8 * PAGE, MADV_DONTNEED);
		load(file + 9 * PAGE);
	}
	else if (!strcmp(name, "write-file")) write_some(file);
	else if (!strcmp(name, "mremap")) {
		unsigned char *to = map(SIZE + 2 * PAGE, MAP_PRIVATE | MAP_ANONYMOUS, -1) + PAGE;
		munmap(to - PAGE, SIZE + 2 * PAGE);
		moved = mremap(moved, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
		write_some(moved);
	}
	else if (!strcmp(name, "mremap-over")) mremap(written, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, moved);
	else if (!strcmp(name, "grow")) {
		grown = mremap(grown, SIZE, 2 * SIZE, MREMAP_MAYMOVE);
		fill(grown + SIZE, 3);
	}
	else if (!strcmp(name, "mprotect")) {
		mprotect(protected + 16 * PAGE, 8 * PAGE, PROT_READ);
		protected[PAGE] ^= 1;
	}
	else if (!strcmp(name, "replace")) {
		munmap(replaced, SIZE);
		mmap(replaced, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		fill(replaced, 4);
	}
	else if (!strcmp(name, "merge")) {
		mmap(merged + SIZE, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		fill(merged + SIZE, 2);
	}
	else if (!strcmp(name, "hole")) munmap(holed + 20 * PAGE, 8 * PAGE);
	else if (!strcmp(name, "zero")) memset(zeroed, 0, 16 * PAGE);
	else if (!strcmp(name, "free")) madvise(partly, 16 * PAGE, MADV_FREE);
	else if (!strcmp(name, "fork")) write_by_child(forked);
	else if (!strcmp(name, "shared")) write_some(shared);
	else if (!strcmp(name, "shared-child")) write_by_child(shared);
	else if (!strcmp(name, "remove")) madvise(shared + 8 * PAGE, 8 * PAGE, MADV_REMOVE), load(shared + 9 * PAGE);
	else if (!strcmp(name, "memfd-child")) write_by_child(memfd);
	else {
		fprintf(stderr, "no change %s\n", name);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	dir = argv[1];
	setvbuf(stdout, NULL, _IOLBF, 0);
	make();
	if (argc > 2) {
		size_t length = strtoul(argv[2], NULL, 10) << 20;
		fill(map(length, MAP_PRIVATE | MAP_ANONYMOUS, -1), length / PAGE);
	}
	printf("{\"ready\":%d}\n", getpid());
	char line[256];
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "q"))
			return 0;
		change(line);
		puts("ok");
	}
	return 0;
}
