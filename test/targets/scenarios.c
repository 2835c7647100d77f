/*
 * A process whose memory changes in one chosen way between two captures.
 *
 *   scenarios SCENARIO...          scenarios --list
 *
 * Every scenario has memory of its own. When all is set up it prints "ready". Commands on stdin, one a line:
 *   change        does what the scenarios are about
 *   again         one store into each area, wherever it is by now
 *   record FILE   writes what every area holds, one behind the other, and tells of each by a line
 *                 area SCENARIO START PAGES zero|file
 *                 (file: behind the area's pages stand those of the file below it)
 * Each is answered by a line "done". What this machine cannot do is named by a line "unavailable SCENARIO WHY".
 * It ends with its standard input.
 */
#include "scenarios-private.h"
#include "scenarios-shared.h"

static const struct scenario SCENARIOS[] = {
	{ "store", set_up_half_touched, change_store },
	{ "same-value", set_up_filled, change_same_value },
	{ "read-call", set_up_filled, change_read_call },
	{ "mem-write", set_up_filled, change_mem_write },
	{ "dontneed", set_up_filled, change_dontneed },
	{ "dontneed-load", set_up_filled, change_dontneed_load },
	{ "dontneed-file", set_up_private_file, change_dontneed_file },
	{ "write-call-private", set_up_private_file, change_write_call },
	{ "other-file", set_up_private_file, change_other_file },
	{ "other-offset", set_up_private_file, change_other_offset },
	{ "anonymous-to-file", set_up_filled, change_anonymous_to_file },
	{ "thp-byte", set_up_thp, change_thp_byte },
	{ "thp-split", set_up_thp, change_thp_split },
	{ "hugetlb", set_up_hugetlb, change_far_store },
	{ "mremap", set_up_filled, change_mremap },
	{ "mremap-over", set_up_two, change_mremap_over },
	{ "mremap-dontunmap", set_up_filled, change_mremap_dontunmap },
	{ "mprotect", set_up_filled, change_mprotect },
	{ "mprotect-part", set_up_filled, change_mprotect_part },
	{ "remap-same-place", set_up_filled, change_remap_same_place },
	{ "remap-middle", set_up_filled, change_remap_middle },
	{ "merge", set_up_filled, change_merge },
	{ "brk", set_up_brk, change_brk },
	{ "swap-out", set_up_to_swap, change_swap_out },
	{ "swapped-before", set_up_swapped, change_swapped },
	{ "free", set_up_to_swap, change_free },
	{ "uffd-wp", set_up_write_protected, change_write_protected },
	{ "guard", set_up_guard, change_guard },
	{ "stack", set_up_stack, change_stack },
	{ "fork", set_up_filled, change_fork },
	{ "forked-before", set_up_forked, change_two_stores },
	{ "shared-store", set_up_shared_anonymous, change_shared_store },
	{ "memfd-store", set_up_memfd, change_shared_store },
	{ "sysv-store", set_up_sysv, change_shared_store },
	{ "remove-anonymous", set_up_shared_anonymous, change_remove },
	{ "remove-memfd", set_up_memfd, change_remove },
	{ "shared-dontneed", set_up_shared_anonymous, change_shared_dontneed },
	{ "hugetlb-shared", set_up_shared_hugetlb, change_shared_hugetlb },
	{ "shared-swap", set_up_shared_to_swap, change_shared_swap },
	{ "two-views", set_up_two_views, change_shared_store },
	{ "shared-file-store", set_up_shared_file, change_shared_store },
	{ "write-call-shared", set_up_shared_file, change_write_call },
	{ "other-writer-anonymous", set_up_peer_anonymous, change_by_peer },
	{ "other-writer-memfd", set_up_peer_memfd, change_by_peer },
	{ "other-writer-sysv", set_up_peer_sysv, change_by_peer },
	{ "other-writer-file", set_up_peer_file, change_by_peer },
	{ "child-and-gone-anonymous", set_up_shared_anonymous, change_one_child },
	{ "child-and-gone-memfd", set_up_memfd, change_one_child },
	{ "child-and-gone-sysv", set_up_sysv, change_one_child },
	{ "children-and-gone-anonymous", set_up_shared_anonymous, change_eight_children },
	{ "children-and-gone-memfd", set_up_memfd, change_eight_children },
	{ "children-and-gone-sysv", set_up_sysv, change_eight_children },
};

#define SCENARIO_COUNT (sizeof SCENARIOS / sizeof *SCENARIOS)

static const struct scenario *chosen[SCENARIO_COUNT];
static size_t chosen_count;

static const struct scenario *find(const char *name)
{
	for (size_t i = 0; i < SCENARIO_COUNT; i++)
		if (strcmp(SCENARIOS[i].name, name) == 0)
			return &SCENARIOS[i];
	current = name;
	errno = EINVAL;
	die("no such scenario");
	return NULL;
}

/* A scenario that is unavailable has no area and does not take part. */
static void set_up(const char *name)
{
	const struct scenario *scenario = find(name);
	size_t before = area_count;

	current = scenario->name;
	scenario->set_up();
	if (area_count > before)
		chosen[chosen_count++] = scenario;
}

static void change_all(void)
{
	for (size_t i = 0; i < chosen_count; i++) {
		current = chosen[i]->name;
		chosen[i]->change();
	}
}

static void store_all(void)
{
	for (size_t i = 0; i < area_count; i++)
		if (areas[i].pages > 0)
			store(areas[i].start + areas[i].pages / 2 * PAGE + 9);
}

static void write_all(int to, const unsigned char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t count = write(to, bytes, length);

		check(count > 0, "write of the record");
		bytes += count;
		length -= (size_t)count;
	}
}

static void record_area(int to, const struct area *area)
{
	unsigned char bytes[PAGE];

	current = area->scenario;
	printf("area %s %#lx %zu %s\n", area->scenario, (unsigned long)area->start, area->pages, area->file < 0 ? "zero" : "file");
	write_all(to, area->start, area->pages * PAGE);
	for (size_t i = 0; area->file >= 0 && i < area->pages; i++) {
		check(pread(area->file, bytes, PAGE, area->offset + (off_t)(i * PAGE)) == (ssize_t)PAGE, "pread");
		write_all(to, bytes, PAGE);
	}
}

static void record_all(const char *name)
{
	int to = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	check(to >= 0, name);
	for (size_t i = 0; i < area_count; i++)
		record_area(to, &areas[i]);
	close(to);
}

static void answer(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void obey_line(char *line)
{
	line[strcspn(line, "\n")] = 0;
	if (strcmp(line, "change") == 0)
		change_all();
	else if (strcmp(line, "again") == 0)
		store_all();
	else if (strncmp(line, "record ", 7) == 0)
		record_all(line + 7);
	else
		die(line);
	answer("done");
}

int main(int argc, char **argv)
{
	static char input[4096], output[65536], line[4096];

	/* no allocation of the C library may move the heap that a scenario uses */
	setvbuf(stdin, input, _IOFBF, sizeof input);
	setvbuf(stdout, output, _IOFBF, sizeof output);
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < SCENARIO_COUNT; i++)
			puts(SCENARIOS[i].name);
		return 0;
	}
	for (int i = 1; i < argc; i++)
		set_up(argv[i]);
	answer("ready");
	while (fgets(line, sizeof line, stdin))
		obey_line(line);
	return 0;
}
