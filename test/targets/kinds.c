/*
 * A mapping of each kind that this kernel has, one line of JSON for each, then it sleeps:
 * {"name": ..., "start": "0x...", "length": N}. A kind that is not to be had is left out.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LENGTH (8ul * 4096)
#define GUARD_INSTALL 102
#define MEMFD_SECRET 447

static void told(const char *name, void *start, size_t length)
{
	printf("{\"name\": \"%s\", \"start\": \"%p\", \"length\": %zu}\n", name, start, length);
}

static void *map(const char *name, int prot, int flags, int fd)
{
	void *start = mmap(NULL, LENGTH, prot, flags, fd, 0);
	if (start == MAP_FAILED)
		return NULL;
	/* apart from its neighbours, so that it stays a mapping of its own */
	mmap(NULL, LENGTH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (prot & PROT_WRITE)
		memset(start, 0x5a, LENGTH);
	if (name)
		told(name, start, LENGTH);
	return start;
}

int main(int argc, char **argv)
{
	const int rw = PROT_READ | PROT_WRITE;
	const int private = MAP_PRIVATE | MAP_ANONYMOUS;
	void *scratch = map("scratch", rw, private, -1);
	madvise(scratch, LENGTH, MADV_DONTDUMP);
	map("anon", rw, private, -1);
	void *guard = map(NULL, PROT_READ, private, -1);
	if (madvise(guard, LENGTH, GUARD_INSTALL) == 0)
		told("guard", guard, LENGTH);
	map("shared-anon", rw, MAP_SHARED | MAP_ANONYMOUS, -1);
	int memory = memfd_create("kinds", 0);
	if (ftruncate(memory, LENGTH) == 0)
		map("memfd", rw, MAP_SHARED, memory);
	int secret = (int)syscall(MEMFD_SECRET, 0);
	if (secret >= 0 && ftruncate(secret, LENGTH) == 0)
		map("secret", rw, MAP_SHARED, secret);
	int segment = shmget(IPC_PRIVATE, LENGTH, 0600);
	void *attached = shmat(segment, NULL, 0);
	if (attached != (void *)-1) {
		memset(attached, 0x5a, LENGTH);
		told("sysv", attached, LENGTH);
	}
	shmctl(segment, IPC_RMID, NULL);
	map("file", rw, MAP_PRIVATE, open("/dev/zero", O_RDWR));
	int file = open(argc > 1 ? argv[1] : "", O_RDWR | O_CREAT, 0600);
	if (ftruncate(file, LENGTH) == 0)
		map("shared-file", rw, MAP_SHARED, file);
	void *huge = mmap(NULL, 2ul << 20, rw, private | MAP_HUGETLB, -1, 0);
	if (huge != MAP_FAILED)
		told("hugetlb", huge, 2ul << 20);
	printf("{\"name\": \"\"}\n");
	fflush(stdout);
	for (;;)
		pause();
}
