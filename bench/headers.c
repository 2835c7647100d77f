/*
 * Reads a checkpoint image of revision v10 to v13 as `crit show` does: record headers and address arrays, no page.
 *
 *   headers IMG     prints the number of VMAs, chunks, pages and runs of neighbouring pages
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PAGE 4096
#define CHUNK_PAGES 2048
enum { TREE = 101, THREAD = 103, CPU = 104, VMA = 202, PGARR = 203, MM_CONTEXT = 204, TAIL = 5001 };

struct header {
	int16_t type, len;
	uint32_t parent;
};

static int fd;
static off_t at;

static void fetch(void *into, size_t length)
{
	if (pread(fd, into, length, at) != (ssize_t)length)
		fprintf(stderr, "the image ends at %lld\n", (long long)at), exit(3);
	at += (off_t)length;
}

int main(int argc, char **argv)
{
	static uint64_t addresses[CHUNK_PAGES];
	static unsigned char payload[32768];
	unsigned long vmas = 0, chunks = 0, pages = 0, runs = 0;
	uint64_t next = 0;
	if (argc != 2 || (fd = open(argv[1], O_RDONLY)) < 0)
		return perror("headers IMG"), 2;
	for (;;) {
		struct header header;
		fetch(&header, sizeof header);
		if (header.len < 0)
			return fprintf(stderr, "negative length\n"), 3;
		fetch(payload, (size_t)header.len);
		if (header.type == TAIL)
			break;
		if (header.type == VMA)
			vmas++;
		if (header.type == TREE)
			at += 16 * *(uint32_t *)payload;
		if (header.type == MM_CONTEXT)
			at += 8 * *(uint16_t *)(payload + 2);
		if (header.type == THREAD && *(int16_t *)(payload + 4) > 0)
			at += 24;
		if (header.type != PGARR)
			continue;
		uint64_t count = *(uint64_t *)payload;
		if (count > CHUNK_PAGES)
			return fprintf(stderr, "chunk of %lu pages\n", count), 3;
		fetch(addresses, count * sizeof addresses[0]);
		for (uint64_t i = 0; i < count; i++) {
			runs += addresses[i] != next;
			next = addresses[i] + PAGE;
		}
		at += (off_t)count * PAGE;
		pages += count;
		chunks += count > 0;
	}
	printf("%lu VMAs, %lu chunks, %lu pages, %lu runs\n", vmas, chunks, pages, runs);
	return 0;
}
