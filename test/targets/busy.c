/*
 * A process that writes its memory all the time, so that what it holds follows from how far it has come.
 *
 *   busy SEED PAGES
 *
 * Memory at BASE: a page with the u64s `started` and `done`, PAGES private pages, and PAGES pages of shared memory behind
 * them. Step n writes one u32: which one, and what, are the next two numbers of the generator. `started` is counted before
 * the write and `done` after it. Prints "ready" and runs until it is killed.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define WORDS (PAGE / 4)
#define STEPS_BETWEEN_NAPS 64

static unsigned char *const BASE = (unsigned char *)0x200000000000ul;

static uint32_t state;

static uint32_t next(void)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

static void map(unsigned char *start, size_t bytes, int flags)
{
	if (mmap(start, bytes, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	size_t pages = argc > 2 ? strtoul(argv[2], NULL, 10) : 256;
	volatile uint64_t *steps = (volatile uint64_t *)BASE;
	volatile uint32_t *words = (volatile uint32_t *)(BASE + PAGE);

	state = (argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 1) | 1;
	map(BASE, (1 + pages) * PAGE, MAP_PRIVATE);
	map(BASE + (1 + pages) * PAGE, pages * PAGE, MAP_SHARED);
	for (size_t i = 0; i < 2 * pages * WORDS; i++)
		words[i] = (uint32_t)i;
	puts("ready");
	fflush(stdout);
	for (;;) {
		size_t word = next() % (2 * pages * WORDS);
		uint32_t value = next();

		steps[0]++;
		words[word] = value;
		steps[1]++;
		if (steps[1] % STEPS_BETWEEN_NAPS == 0)
			usleep(1000);
	}
}
