/*
 * The least that a capture must do: copies all private anonymous memory of a process to a file.   memcopy PID FILE
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE (1ul << 20)

static char piece[PIECE];

static void copy(int memory, int output, unsigned long start, unsigned long end)
{
	while (start < end) {
		size_t want = end - start < PIECE ? end - start : PIECE;
		ssize_t got = pread(memory, piece, want, (off_t)start);
		/* a guard page or a special mapping */
		if (got <= 0)
			return;
		if (write(output, piece, (size_t)got) != got)
			perror("write"), exit(1);
		start += (unsigned long)got;
	}
}

int main(int argc, char **argv)
{
	char path[64], line[4352], perms[5];
	unsigned long start, end, inode;
	if (argc != 3)
		return fprintf(stderr, "usage: memcopy PID FILE\n"), 2;
	snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
	int memory = open(path, O_RDONLY), output = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
	FILE *maps = fopen(path, "r");
	if (memory < 0 || output < 0 || maps == NULL)
		return perror(path), 1;
	while (fgets(line, sizeof line, maps) != NULL)
		if (sscanf(line, "%lx-%lx %4s %*x %*x:%*x %lu", &start, &end, perms, &inode) == 4 && inode == 0 &&
		    perms[3] == 'p' && strstr(line, "[v") == NULL)
			copy(memory, output, start, end);
	return close(output);
}
