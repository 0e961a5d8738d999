/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parsing alone: syslog_parse and mta_parse over a file that is in memory.
 * Prints the lines a second and how many were of no known rule.
 * usage: bench_parse FILE [ROUNDS]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "weir/mem.h"
#include "weir/mta.h"
#include "weir/syslog.h"

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static char *
read_file(const char *path, size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *p;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0) {
		perror(path);
		exit(3);
	}
	p = xmalloc((size_t)st.st_size + 1);
	*ret_n = 0;
	while (*ret_n < (size_t)st.st_size && (n = read(fd, p + *ret_n,
	    (size_t)st.st_size - *ret_n)) > 0)
		*ret_n += (size_t)n;
	close(fd);
	return p;
}

static void
parse_all(char *p, size_t n, uint64_t kinds[LINE_KIND_COUNT])
{
	struct syslog_stream s = { .zone = &zone_utc };
	struct record r = { 0 };
	struct line l;
	char *end = p + n, *nl;

	s.until = INT64_C(1800000000) * USEC_PER_SEC;
	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		if (syslog_parse(&s, p, (size_t)(nl - p), &r) != SYSLOG_OK)
			continue;
		mta_parse(&r, &l);
		kinds[l.kind]++;
	}
}

int
main(int argc, char **argv)
{
	uint64_t kinds[LINE_KIND_COUNT] = { 0 }, total = 0;
	int rounds = argc > 2 ? atoi(argv[2]) : 3;
	size_t n;
	char *p;
	double start;

	if (argc < 2) {
		fprintf(stderr, "usage: bench_parse FILE [ROUNDS]\n");
		return 2;
	}
	p = read_file(argv[1], &n);
	start = now();
	for (int i = 0; i < rounds; i++)
		parse_all(p, n, kinds);
	start = now() - start;
	for (int k = 0; k < LINE_KIND_COUNT; k++)
		total += kinds[k];
	printf("%.0f\n", (double)total / start);
	fprintf(stderr, "%llu lines, %llu unknown, %.2f s, %.0f lines/s\n",
	    (unsigned long long)total,
	    (unsigned long long)kinds[LINE_UNKNOWN], start,
	    (double)total / start);
	free(p);
	return 0;
}
