/* What the scenarios of scenarios.c stand on: areas of memory, patterns in them, and ways to be unable to go on. */
#ifndef SCENARIOS_H
#define SCENARIOS_H

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define HUGE_PAGE (2ul << 20)
#define PAGES 16

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef MADV_GUARD_REMOVE
#define MADV_GUARD_REMOVE 103
#endif

/* Memory that is recorded. Where the kernel has nothing for a page it reads as zero, or as `file` from `offset` on. */
struct area {
	const char *scenario;
	unsigned char *start;
	size_t pages;
	int file;
	off_t offset;
};

struct scenario {
	const char *name;
	void (*set_up)(void);
	void (*change)(void);
};

/* The scenario that is being set up or changed. */
static const char *current;

static void die(const char *what)
{
	fprintf(stderr, "scenarios: %s: %s: %s\n", current, what, strerror(errno));
	exit(1);
}

static void check(int is_well, const char *what)
{
	if (!is_well)
		die(what);
}

/* Addresses of our own, far from each other: no area may merge with what lies beside it. */
static unsigned char *next_address(size_t bytes)
{
	static uintptr_t next = 0x200000000000ul;
	uintptr_t start = next;

	next += (bytes + 2 * HUGE_PAGE) & -HUGE_PAGE;
	return (unsigned char *)start;
}

static unsigned char *map_at(void *start, size_t pages, int flags, int file, off_t offset)
{
	void *area = mmap(start, pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, file, offset);

	check(area != MAP_FAILED, "mmap");
	return area;
}

#define MAX_AREAS 128
static struct area areas[MAX_AREAS];
static size_t area_count;

static struct area *add_area(unsigned char *start, size_t pages, int file, off_t offset)
{
	check(area_count < MAX_AREAS, "too many areas");
	areas[area_count] = (struct area){ current, start, pages, file, offset };
	return &areas[area_count++];
}

static struct area *area_of(const char *scenario)
{
	for (size_t i = 0; i < area_count; i++)
		if (strcmp(areas[i].scenario, scenario) == 0)
			return &areas[i];
	die("has no area");
	return NULL;
}

/* The page `index` of the scenario that is being changed. */
static unsigned char *page(size_t index)
{
	return area_of(current)->start + index * PAGE;
}

/* No two pages are alike, and none looks like another one that was filled with another salt. */
static void fill_page(unsigned char *start, uint32_t salt)
{
	uint32_t *words = (uint32_t *)start;

	for (size_t i = 0; i < PAGE / 4; i++)
		words[i] = ((uint32_t)((uintptr_t)start >> 12) * 2654435761u) ^ (uint32_t)i * 40503u ^ salt;
}

static void fill(unsigned char *start, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		fill_page(start + i * PAGE, 1);
}

static unsigned char *anonymous(size_t pages, int flags)
{
	return map_at(next_address(pages * PAGE), pages, flags | MAP_ANONYMOUS, -1, 0);
}

/* Private anonymous memory, recorded and written once. */
static unsigned char *filled_area(size_t pages)
{
	unsigned char *start = anonymous(pages, MAP_PRIVATE);

	add_area(start, pages, -1, 0);
	fill(start, pages);
	return start;
}

/* A file without a name whose page i is filled with the number i. */
static int make_file(size_t pages, unsigned char salt)
{
	char name[] = "/tmp/crit-scenarios-XXXXXX";
	int file = mkstemp(name);
	unsigned char bytes[PAGE];

	check(file >= 0 && unlink(name) == 0, "file");
	for (size_t i = 0; i < pages; i++) {
		memset(bytes, (int)(i + salt), PAGE);
		check(pwrite(file, bytes, PAGE, (off_t)(i * PAGE)) == (ssize_t)PAGE, "pwrite");
	}
	return file;
}

static void load(const unsigned char *at)
{
	(void)*(const volatile unsigned char *)at;
}

static void store(unsigned char *at)
{
	*(volatile unsigned char *)at ^= 0x5a;
}

static void advise(unsigned char *start, size_t pages, int advice, const char *what)
{
	check(madvise(start, pages * PAGE, advice) == 0, what);
}

/* Says that this machine cannot do a scenario; its set_up returns then without an area. */
static void unavailable(const char *why)
{
	printf("unavailable %s %s\n", current, why);
}

/* A child that ends with its parent. */
static pid_t fork_child(void)
{
	pid_t child = fork();

	check(child >= 0, "fork");
	if (child == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return child;
}

#endif
