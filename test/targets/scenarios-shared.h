/* Scenarios of memory that other processes share. */
#include "scenarios.h"

static unsigned char *shared_anonymous(size_t pages)
{
	return anonymous(pages, MAP_SHARED);
}

static unsigned char *memfd(size_t pages)
{
	int file = (int)syscall(SYS_memfd_create, "scenarios", 0);

	check(file >= 0 && ftruncate(file, (off_t)(pages * PAGE)) == 0, "memfd");
	return map_at(next_address(pages * PAGE), pages, MAP_SHARED, file, 0);
}

static unsigned char *sysv(size_t pages)
{
	int segment = shmget(IPC_PRIVATE, pages * PAGE, IPC_CREAT | 0600);
	void *start;

	check(segment >= 0, "shmget");
	start = shmat(segment, next_address(pages * PAGE), 0);
	check(start != (void *)-1, "shmat");
	/* it lives as long as somebody has it */
	check(shmctl(segment, IPC_RMID, NULL) == 0, "IPC_RMID");
	return start;
}

/* pages 12 to 15 are not touched by us */
static void share(unsigned char *start)
{
	add_area(start, PAGES, -1, 0);
	fill(start, 12);
}

static void set_up_shared_anonymous(void)
{
	share(shared_anonymous(PAGES));
}

static void set_up_memfd(void)
{
	share(memfd(PAGES));
}

static void set_up_sysv(void)
{
	share(sysv(PAGES));
}

static void change_shared_store(void)
{
	store(page(3));
	store(page(14));
}

static void change_remove(void)
{
	advise(page(4), 4, MADV_REMOVE, "MADV_REMOVE");
	load(page(5));
}

/* our mapping is empty then, the object is not */
static void change_shared_dontneed(void)
{
	advise(page(4), 4, MADV_DONTNEED, "MADV_DONTNEED");
	store(page(6));
}

static void set_up_shared_to_swap(void)
{
	if (has_swap())
		set_up_shared_anonymous();
	else
		unavailable("there is no swap space");
}

static void change_shared_swap(void)
{
	store(page(3));
	advise(page(0), PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
	load(page(4));
}

/* two mappings of one object, of which one is written: the other one shows it */
static void set_up_two_views(void)
{
	unsigned char *start = memfd(PAGES);
	unsigned char *other = next_address(PAGES * PAGE);

	share(start);
	check(mremap(start, 0, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other, "mremap of a second view");
	add_area(other, PAGES, -1, 0);
}

static void set_up_shared_file(void)
{
	int file = make_file(PAGES, 1);
	unsigned char *start = map_at(next_address(PAGES * PAGE), PAGES, MAP_SHARED, file, 0);

	add_area(start, PAGES, file, 0);
	store(start + PAGE);
	load(start + 8 * PAGE);
}

/* Another process that shares an area from before the first capture, and writes when it is told. */
struct peer {
	const char *scenario;
	int order;
	int answer;
};

static struct peer peers[8];
static size_t peer_count;

static void obey(const struct peer *peer, int orders)
{
	char byte;

	while (read(orders, &byte, 1) == 1) {
		store(page(3));
		store(page(14));
		check(write(peer->answer, &byte, 1) == 1, "answer");
	}
	_exit(0);
}

static void start_peer(void)
{
	int orders[2], answers[2];
	struct peer *peer = &peers[peer_count++];

	check(pipe(orders) == 0 && pipe(answers) == 0, "pipe");
	*peer = (struct peer){ current, orders[1], answers[1] };
	if (fork_child() == 0)
		obey(peer, orders[0]);
	peer->answer = answers[0];
}

static void change_by_peer(void)
{
	char byte = 0;

	for (size_t i = 0; i < peer_count; i++)
		if (strcmp(peers[i].scenario, current) == 0)
			check(write(peers[i].order, &byte, 1) == 1 && read(peers[i].answer, &byte, 1) == 1, "peer");
}

static void set_up_peer_anonymous(void)
{
	set_up_shared_anonymous();
	start_peer();
}

static void set_up_peer_memfd(void)
{
	set_up_memfd();
	start_peer();
}

static void set_up_peer_sysv(void)
{
	set_up_sysv();
	start_peer();
}

static void set_up_peer_file(void)
{
	set_up_shared_file();
	start_peer();
}

/* Children that live only to write a page each, the last ones pages that we never touched. */
static void fork_and_die(int children)
{
	for (int i = 0; i < children; i++)
		if (fork_child() == 0) {
			store(page((size_t)(i + PAGES - children)));
			store(page((size_t)(i)));
			_exit(0);
		}
	for (int i = 0; i < children; i++)
		check(wait(NULL) > 0, "wait");
}

/* the second huge page is not touched by us */
static void set_up_shared_hugetlb(void)
{
	unsigned char *start = huge_pages(2, MAP_SHARED);

	if (start == NULL)
		return;
	add_area(start, 2 * HUGE_PAGE / PAGE, -1, 0);
	fill(start, HUGE_PAGE / PAGE);
}

static void change_shared_hugetlb(void)
{
	store(page(3));
	if (fork_child() == 0) {
		store(page(5));
		store(page(HUGE_PAGE / PAGE + 7));
		_exit(0);
	}
	check(wait(NULL) > 0, "wait");
}

static void change_one_child(void)
{
	fork_and_die(1);
}

static void change_eight_children(void)
{
	fork_and_die(8);
}
