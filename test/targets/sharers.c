/*
 * Processes that share memory: anonymous, a memfd and a SysV segment.
 *
 *   sharers [--children N] [--gone N] [--mib N] [--own N] [--seed N] DIR
 *
 * The process and N children have all three mapped. Page i of each is written by sharer i % (N + 1 + GONE): the process
 * itself, a child, or one of GONE children that end before the process is ready. The last 16 pages nobody writes, but the
 * very last, which the last of those that ended wrote if there is one. The memfd is mapped in two parts, the second one first.
 *
 * Each of them has N private pages of its own (64 unless told), of which page i holds the u64 SLOT << 32 | i where SLOT is its
 * number, counted from 0. In BUSY mode it writes them over and over, in order, one in each step and 16 steps in a turn: the number
 * of the step goes to the start of the page, from 1 on, and then to word SLOT of the BOARD, the third page from the end of the
 * shared anonymous memory.
 *
 * Prints for each object a line { name, pages, untouched }, then { ready, pids, own }, where own is the address
 * of the private pages, the same in all. Every process counts in DIR/counter (one
 * u64 each) as long as it runs. Lines on stdin: "p" asks it to write page 0 of each object anew, "f" lets a child write
 * the page before the last of each and end, "c" starts one more child, "z" one that ends at once and is not waited for,
 * "w" asks all to write SLOT << 32 | ROUND to their private page 1, "k" ends the last child, "b" begins the BUSY mode of all;
 * each is answered by "ok".
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define OBJECTS 3
#define UNTOUCHED 16ul
#define MOST 64
#define BOARD_FROM_END 3
#define STEPS 16
/* behind the counters of all */
#define ROUND (2 * MOST)
#define BUSY (2 * MOST + 1)

static const char *names[OBJECTS] = { "shared-anon", "memfd", "sysv" };
static unsigned char *objects[OBJECTS];
static unsigned char *halves[2];
static size_t pages = 64;
static uint32_t seed = 1;
static volatile uint64_t *counters;
static long next_slot;
static unsigned char *own;
static size_t own_pages = 64;
static pid_t last_child;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static unsigned char *page_at(int object, size_t i)
{
	if (object != 1)
		return objects[object] + i * PAGE;
	return i < pages / 2 ? halves[0] + i * PAGE : halves[1] + (i - pages / 2) * PAGE;
}

static void fill(int object, size_t i, uint32_t round)
{
	unsigned char *page = page_at(object, i);
	for (uint32_t at = 0; at < PAGE; at += 4) {
		uint32_t x = (seed + round) ^ ((uint32_t)object * 0x9e3779b9u) ^ ((uint32_t)i * 2654435761u) ^ (at * 40503u);
		x ^= x >> 15;
		x *= 2246822519u;
		x ^= x >> 13;
		memcpy(page + at, &x, 4);
	}
}

static void *checked(void *start)
{
	if (start == MAP_FAILED)
		die("mmap");
	return start;
}

static void map_objects(void)
{
	size_t length = pages * PAGE;
	objects[0] = checked(mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	int fd = memfd_create("sharers", MFD_CLOEXEC);
	/* the last page ends behind the file */
	if (fd < 0 || ftruncate(fd, (off_t)(length - 100)) != 0)
		die("memfd_create");
	size_t half = pages / 2 * PAGE;
	/* a hole keeps the two from being one mapping */
	unsigned char *place = checked(mmap(NULL, 2 * length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	halves[1] = checked(mmap(place, length - half, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)half));
	halves[0] = checked(mmap(place + length, half, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0));
	close(fd);
	int id = shmget(IPC_PRIVATE, length, 0600);
	if (id < 0)
		die("shmget");
	objects[2] = checked(shmat(id, NULL, 0));
	shmctl(id, IPC_RMID, NULL);
}

static void write_share(long sharer, long sharers)
{
	for (int object = 0; object < OBJECTS; object++)
		for (size_t i = (size_t)sharer; i < pages - UNTOUCHED; i += (size_t)sharers)
			fill(object, i, 0);
}

static void write_page(size_t i, uint32_t round)
{
	for (int object = 0; object < OBJECTS; object++)
		fill(object, i, round);
}

static volatile uint64_t *own_word(size_t i)
{
	return (volatile uint64_t *)(own + i * PAGE);
}

static void write_own(long slot)
{
	for (size_t i = 0; i < own_pages; i++)
		*own_word(i) = (uint64_t)slot << 32 | i;
}

/* What a process does in a turn. */
static void take_turn(long slot)
{
	static uint64_t round, step;
	volatile uint64_t *board = (volatile uint64_t *)page_at(0, pages - BOARD_FROM_END);
	if (counters[ROUND] != round) {
		round = counters[ROUND];
		*own_word(1) = (uint64_t)slot << 32 | round;
		counters[MOST + slot] = round;
	}
	for (int i = 0; counters[BUSY] && i < STEPS; i++) {
		*own_word(step % own_pages) = step + 1;
		board[slot] = ++step;
	}
	counters[slot]++;
}

static void count_for_ever(long slot)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		take_turn(slot);
		usleep(1000);
	}
}

/* Returns when the child has written its share. */
static pid_t start_child(long sharer, long sharers)
{
	int ready[2];
	if (pipe(ready) != 0)
		die("pipe");
	long slot = next_slot++;
	fflush(stdout);
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		if (sharers > 0)
			write_share(sharer, sharers);
		write_own(slot);
		close(ready[1]);
		close(ready[0]);
		count_for_ever(slot);
	}
	char byte;
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 0)
		die("read");
	close(ready[0]);
	last_child = child;
	return child;
}

/* All but those that have ended write their private page 1. */
static void let_all_write(long slots)
{
	counters[ROUND]++;
	for (long slot = 0; slot < slots; slot++)
		for (uint64_t before = counters[slot]; counters[MOST + slot] != counters[ROUND];) {
			if (slot == 0)
				take_turn(slot);
			usleep(1000);
			static int idle;
			idle = counters[slot] == before ? idle + 1 : 0;
			before = counters[slot];
			if (idle > 200)
				break;
		}
}

static void end_last_child(void)
{
	kill(last_child, SIGKILL);
	waitpid(last_child, NULL, 0);
}

static void let_child_write(long sharer, long sharers, size_t page, uint32_t round)
{
	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		if (sharers > 0)
			write_share(sharer, sharers);
		if (page > 0)
			write_page(page, round);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void obey(char command)
{
	switch (command) {
	case 'p': write_page(0, 1); break;
	case 'f': let_child_write(0, 0, pages - 2, 1); break;
	case 'c': start_child(0, 0); break;
	case 'w': let_all_write(next_slot); break;
	case 'k': end_last_child(); break;
	case 'b': counters[BUSY] = 1; break;
	case 'z':
		if (fork() == 0)
			_exit(3);
		usleep(20000);
		break;
	}
	puts("ok");
}

int main(int argc, char **argv)
{
	long children = 1, gone = 0;
	const char *dir = NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && strcmp(argv[i], "--children") == 0) children = atol(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--gone") == 0) gone = atol(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--mib") == 0) pages = (size_t)atol(argv[++i]) * 256;
		else if (i + 1 < argc && strcmp(argv[i], "--own") == 0) own_pages = (size_t)atol(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0) seed = (uint32_t)atol(argv[++i]);
		else dir = argv[i];
	}
	if (dir == NULL)
		return 2;
	char path[4096];
	snprintf(path, sizeof path, "%s/counter", dir);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, PAGE) != 0)
		die(path);
	counters = checked(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	map_objects();
	own = checked(mmap(NULL, own_pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	write_own(0);
	long sharers = 1 + children + gone;
	long slot = next_slot++;
	write_share(0, sharers);
	pid_t pids[MOST];
	for (long i = 0; i < children && i < MOST; i++)
		pids[i] = start_child(1 + i, sharers);
	for (long i = 0; i < gone; i++)
		let_child_write(1 + children + i, sharers, i == gone - 1 ? pages - 1 : 0, 0);
	for (int object = 0; object < OBJECTS; object++)
		printf("{\"name\":\"%s\",\"pages\":%zu,\"untouched\":%lu}\n", names[object], pages, UNTOUCHED);
	printf("{\"ready\":%d,\"pids\":[%d", getpid(), getpid());
	for (long i = 0; i < children; i++)
		printf(",%d", pids[i]);
	printf("],\"own\":%lu}\n", (unsigned long)own);
	for (;;) {
		take_turn(slot);
		struct pollfd input = { .fd = 0, .events = POLLIN };
		if (poll(&input, 1, 1) <= 0)
			continue;
		char command;
		if (read(0, &command, 1) != 1)
			return 0;
		if (command != '\n')
			obey(command);
	}
}
