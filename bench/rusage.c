/*
 * Runs a command and writes "WALL_NS MAX_RSS_KB EXIT_STATUS" to a file.   rusage FILE COMMAND [ARGUMENT...]
 *
 * Small on purpose: a child starts with the peak of the process that forked it.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return fprintf(stderr, "usage: rusage FILE COMMAND [ARGUMENT...]\n"), 2;
	long long start = now();
	pid_t child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	int status;
	struct rusage usage;
	if (child < 0 || wait4(child, &status, 0, &usage) < 0)
		return perror("wait4"), 1;
	long long wall = now() - start;
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	FILE *report = fopen(argv[1], "w");
	if (report == NULL)
		return perror(argv[1]), 1;
	fprintf(report, "%lld %ld %d\n", wall, usage.ru_maxrss, code);
	fclose(report);
	return code;
}
