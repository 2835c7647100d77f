/* Scenarios of private memory. */
#include "scenarios.h"

static void set_up_filled(void)
{
	filled_area(PAGES);
}

static void set_up_half_touched(void)
{
	unsigned char *start = anonymous(PAGES, MAP_PRIVATE);

	add_area(start, PAGES, -1, 0);
	fill(start, 8);
	load(start + 8 * PAGE);
}

/* pages 0 to 7 were written, 8 is the zero page, the others are absent */
static void change_store(void)
{
	store(page(3));
	store(page(7) + PAGE - 1);
	store(page(8));
	store(page(9));
	load(page(10));
}

static void change_same_value(void)
{
	volatile unsigned char *at = page(5);

	*at = *at;
}

static void change_read_call(void)
{
	int zero = open("/dev/zero", O_RDONLY);

	check(zero >= 0 && read(zero, page(2) + 100, 2 * PAGE) == 2 * PAGE, "read of /dev/zero");
	close(zero);
}

/* as a debugger writes, also where the target itself may not */
static void change_mem_write(void)
{
	int mem = open("/proc/self/mem", O_RDWR);

	check(mprotect(page(4), PAGE, PROT_READ) == 0, "mprotect");
	check(mem >= 0 && pwrite(mem, "debugger", 8, (off_t)(uintptr_t)page(4)) == 8, "write to mem");
	close(mem);
}

static void change_dontneed(void)
{
	advise(page(4), 4, MADV_DONTNEED, "MADV_DONTNEED");
}

static void change_dontneed_load(void)
{
	advise(page(4), 4, MADV_DONTNEED, "MADV_DONTNEED");
	load(page(4));
	load(page(6));
}

static void set_up_private_file(void)
{
	int file = make_file(PAGES, 1);
	unsigned char *start = map_at(next_address(PAGES * PAGE), PAGES, MAP_PRIVATE, file, 0);

	add_area(start, PAGES, file, 0);
	fill(start, 8);
	load(start + 8 * PAGE);
}

/* pages 4 to 6 become the file's again, of which the process has seen 4 */
static void change_dontneed_file(void)
{
	advise(page(4), 3, MADV_DONTNEED, "MADV_DONTNEED");
	load(page(4));
	store(page(8));
	store(page(9));
}

/* the file changes below pages that were written and below pages that were not */
static void change_write_call(void)
{
	struct area *area = area_of(current);

	check(pwrite(area->file, "changed below", 13, 2 * PAGE) == 13, "pwrite");
	check(pwrite(area->file, "changed below", 13, 8 * PAGE) == 13, "pwrite");
	check(pwrite(area->file, "changed below", 13, 12 * PAGE) == 13, "pwrite");
}

/* another file of the same size at the same place, the same pages written, then given back */
static void change_other_file(void)
{
	struct area *area = area_of(current);

	area->file = make_file(PAGES, 101);
	map_at(area->start, PAGES, MAP_PRIVATE, area->file, 0);
	fill_page(area->start, 2);
	load(area->start + 3 * PAGE);
}

/* the same file at another offset */
static void change_other_offset(void)
{
	struct area *area = area_of(current);

	area->offset = 4 * PAGE;
	map_at(area->start, 8, MAP_PRIVATE, area->file, area->offset);
	area->pages = 8;
	store(area->start + PAGE);
}

static void change_anonymous_to_file(void)
{
	struct area *area = area_of(current);

	area->file = make_file(PAGES, 51);
	map_at(area->start, PAGES, MAP_PRIVATE, area->file, 0);
	store(area->start + PAGE);
}

#define HUGE_AREA_PAGES (2 * HUGE_PAGE / PAGE)

static void set_up_thp(void)
{
	unsigned char *start = anonymous(HUGE_AREA_PAGES, MAP_PRIVATE);

	add_area(start, HUGE_AREA_PAGES, -1, 0);
	advise(start, HUGE_AREA_PAGES, MADV_HUGEPAGE, "MADV_HUGEPAGE");
	fill(start, HUGE_AREA_PAGES);
}

static void change_thp_byte(void)
{
	store(page(77));
}

static void change_thp_split(void)
{
	advise(page(100), 10, MADV_DONTNEED, "MADV_DONTNEED");
	store(page(300));
}

static unsigned char *huge_pages(size_t count, int sharing)
{
	unsigned char *start = next_address(count * HUGE_PAGE);
	int flags = sharing | MAP_ANONYMOUS | MAP_HUGETLB | MAP_FIXED;

	start = mmap(start, count * HUGE_PAGE, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (start != MAP_FAILED)
		return start;
	unavailable("no huge pages are set aside");
	return NULL;
}

static void set_up_hugetlb(void)
{
	size_t pages = HUGE_PAGE / PAGE;
	unsigned char *start = huge_pages(1, MAP_PRIVATE);

	if (start == NULL)
		return;
	add_area(start, pages, -1, 0);
	fill(start, pages);
}

static void change_far_store(void)
{
	store(page(0));
	store(page(400));
}

static void change_mremap(void)
{
	struct area *area = area_of(current);
	unsigned char *to = next_address(PAGES * PAGE);

	check(mremap(area->start, PAGES * PAGE, PAGES * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
	area->start = to;
	store(page(2));
}

/* two areas of one kind: the second one takes the place of the first, page for page */
static void set_up_two(void)
{
	unsigned char *second;

	filled_area(PAGES);
	second = anonymous(PAGES, MAP_PRIVATE);
	for (size_t i = 0; i < PAGES; i++)
		fill_page(second + i * PAGE, 7);
	add_area(second, PAGES, -1, 0);
}

static void change_mremap_over(void)
{
	struct area *first = area_of(current);
	struct area *second = first + 1;
	size_t bytes = PAGES * PAGE;

	check(mremap(second->start, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, first->start) == first->start, "mremap");
	second->pages = 0;
}

/* the pages go, the mapping stays: it is empty then */
static void change_mremap_dontunmap(void)
{
	struct area *area = area_of(current);
	unsigned char *to = next_address(PAGES * PAGE);
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;

	check(mremap(area->start, PAGES * PAGE, PAGES * PAGE, flags, to) == to, "mremap");
	add_area(to, PAGES, -1, 0);
	store(area->start + PAGE);
}

static void change_mprotect(void)
{
	check(mprotect(page(0), PAGES * PAGE, PROT_NONE) == 0, "mprotect");
	check(mprotect(page(0), PAGES * PAGE, PROT_READ | PROT_WRITE) == 0, "mprotect");
	store(page(6));
}

/* the permissions of a part change for good, so the mapping is cut into three */
static void change_mprotect_part(void)
{
	store(page(5));
	check(mprotect(page(4), 4 * PAGE, PROT_READ) == 0, "mprotect");
}

static void change_remap_same_place(void)
{
	check(munmap(page(0), PAGES * PAGE) == 0, "munmap");
	map_at(page(0), PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	store(page(3));
	load(page(4));
}

/* a hole in the middle, filled again: all merges into one mapping as before */
static void change_remap_middle(void)
{
	check(munmap(page(5), 4 * PAGE) == 0, "munmap");
	map_at(page(5), 4, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void change_merge(void)
{
	struct area *area = area_of(current);

	map_at(area->start + PAGES * PAGE, PAGES, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	area->pages = 2 * PAGES;
	store(page(PAGES + 2));
}

static void set_up_brk(void)
{
	uintptr_t top = (uintptr_t)sbrk(0);

	check(sbrk((intptr_t)(-top & (PAGE - 1)) + PAGES * PAGE) != (void *)-1, "brk");
	add_area((unsigned char *)sbrk(0) - PAGES * PAGE, PAGES, -1, 0);
	fill(page(0), PAGES);
}

/* memory that was given back and taken again is zero */
static void change_brk(void)
{
	check(sbrk(-8 * (intptr_t)PAGE) != (void *)-1 && sbrk(8 * PAGE) != (void *)-1, "brk");
	store(page(10));
}

static int has_swap(void)
{
	char text[4096];
	int swaps = open("/proc/swaps", O_RDONLY);
	ssize_t length = swaps < 0 ? 0 : read(swaps, text, sizeof text - 1);

	close(swaps);
	text[length < 0 ? 0 : length] = 0;
	return strstr(text, "\n/") != NULL;
}

static void set_up_to_swap(void)
{
	if (has_swap())
		filled_area(PAGES);
	else
		unavailable("there is no swap space");
}

static void set_up_swapped(void)
{
	set_up_to_swap();
	if (has_swap())
		advise(page(0), PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
}

/* dirty and clean pages go out; of each kind one comes back by a load, one by a store */
static void change_swap_out(void)
{
	store(page(1));
	store(page(2));
	advise(page(0), PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
	load(page(2));
	load(page(4));
	store(page(5));
}

static void change_swapped(void)
{
	load(page(1));
	store(page(2));
	advise(page(8), 2, MADV_DONTNEED, "MADV_DONTNEED");
}

static void change_free(void)
{
	advise(page(4), 4, MADV_FREE, "MADV_FREE");
	advise(page(4), 4, MADV_PAGEOUT, "MADV_PAGEOUT");
	store(page(5));
}

static int uffd;

static void set_up_write_protected(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect protect = { .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) != 0) {
		unavailable("userfaultfd cannot protect pages here");
		return;
	}
	range.range.start = (uintptr_t)filled_area(PAGES);
	range.range.len = PAGES * PAGE;
	check(ioctl(uffd, UFFDIO_REGISTER, &range) == 0, "register");
	protect.range.start = range.range.start;
	protect.range.len = 4 * PAGE;
	check(ioctl(uffd, UFFDIO_WRITEPROTECT, &protect) == 0, "write protect");
}

/* page 1 is set free and written; page 12 is protected with what was written just before */
static void change_write_protected(void)
{
	struct uffdio_writeprotect free_page = { { (uintptr_t)page(1), PAGE }, 0 };
	struct uffdio_writeprotect hold_page = { { (uintptr_t)page(12), PAGE }, UFFDIO_WRITEPROTECT_MODE_WP };

	check(ioctl(uffd, UFFDIO_WRITEPROTECT, &free_page) == 0, "free");
	store(page(1));
	store(page(12));
	check(ioctl(uffd, UFFDIO_WRITEPROTECT, &hold_page) == 0, "hold");
}

static void set_up_guard(void)
{
	unsigned char *start = anonymous(1, MAP_PRIVATE);

	if (madvise(start, PAGE, MADV_GUARD_INSTALL) == 0)
		filled_area(PAGES);
	else
		unavailable("the kernel knows no guard pages");
}

/* contents are gone when the guard is */
static void change_guard(void)
{
	advise(page(4), 2, MADV_GUARD_INSTALL, "MADV_GUARD_INSTALL");
	advise(page(4), 2, MADV_GUARD_REMOVE, "MADV_GUARD_REMOVE");
	store(page(5));
}

/* far below all that is called here, so that nobody else writes there */
#define STACK_DEPTH (256 * 1024ul)

static void set_up_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	add_area((unsigned char *)((here - STACK_DEPTH) & -PAGE), PAGES, -1, 0);
	fill(page(0), PAGES);
}

/* the stack grows by as many pages again, of which one is written */
static void change_stack(void)
{
	struct area *area = area_of(current);

	store(page(3));
	area->start -= PAGES * PAGE;
	area->pages = 2 * PAGES;
	store(page(0));
}

/* the child stays and writes its own copies */
static void change_fork(void)
{
	pid_t child = fork_child();

	if (child == 0) {
		for (size_t i = 8; i < 12; i++)
			store(page(i));
		for (;;)
			pause();
	}
	store(page(2));
}

static void set_up_forked(void)
{
	filled_area(PAGES);
	if (fork_child() == 0)
		for (;;)
			pause();
}

static void change_two_stores(void)
{
	store(page(2));
	store(page(13));
}
