/*
 * A process and its children, which all count as long as they run.
 *
 *   counters N [--breed] DIR
 *
 * N processes, the first of them the parent of the others; each counts in its own u64 of DIR/counter, a shared mapping.
 * With --breed the first one also forks children that live for a moment, one after the other. Prints its pids as a JSON
 * list when all count. They end with the first one.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_PROCESSES 64

static volatile uint64_t *counters;

static void pause_a_moment(void)
{
	usleep(200);
}

static void count_forever(int slot, int breed)
{
	for (;;) {
		counters[slot]++;
		pause_a_moment();
		if (!breed) continue;
		pid_t child = fork();
		if (child == 0) {
			pause_a_moment();
			_exit(0);
		}
		if (child > 0) waitpid(child, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: counters N [--breed] DIR\n");
		return 2;
	}
	int n = atoi(argv[1]);
	int breed = strcmp(argv[2], "--breed") == 0;
	char file[4096];
	snprintf(file, sizeof file, "%s/counter", argv[argc - 1]);
	int fd = open(file, O_RDWR | O_CREAT, 0666);
	if (n < 1 || n > MAX_PROCESSES || fd < 0 || ftruncate(fd, n * 8)) return 1;
	counters = mmap(NULL, n * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (counters == MAP_FAILED) return 1;
	printf("[%d", getpid());
	for (int slot = 1; slot < n; slot++) {
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			count_forever(slot, 0);
		}
		printf(", %d", child);
	}
	printf("]\n");
	fflush(stdout);
	count_forever(0, breed);
}
