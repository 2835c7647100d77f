/*
 * A process with MIB of random anonymous memory.   target MIB [NTH [small]]
 *
 * small: in pages of 4 KiB only, whatever the machine makes of large areas otherwise.
 * Prints its PID when the memory is filled. SIGUSR1 makes it change 8 bytes in every NTH page, the tenth unless told; it
 * prints "changed".
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_WORDS 512

static void fill(uint64_t *words, size_t count)
{
	uint64_t x = 88172645463325252ull;
	for (size_t i = 0; i < count; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x;
	}
}

int main(int argc, char **argv)
{
	size_t bytes = (size_t)(argc > 1 ? atol(argv[1]) : 1024) << 20;
	size_t nth = argc > 2 ? (size_t)atol(argv[2]) : 10;
	uint64_t *words = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (words == MAP_FAILED)
		return perror("mmap"), 1;
	if (argc > 3 && madvise(words, bytes, MADV_NOHUGEPAGE) != 0)
		return perror("madvise"), 1;
	fill(words, bytes / 8);

	sigset_t signals;
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	printf("%d\n", getpid());
	fflush(stdout);
	for (;;) {
		int signal;
		sigwait(&signals, &signal);
		for (size_t i = 0; i < bytes / 8; i += nth * PAGE_WORDS)
			words[i] = ~words[i];
		puts("changed");
		fflush(stdout);
	}
}
