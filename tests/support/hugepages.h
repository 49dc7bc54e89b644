// hugepages.h - huge pages of 2 MiB for tests, which are a setting of the whole machine.
#ifndef TESTS_SUPPORT_HUGEPAGES_H
#define TESTS_SUPPORT_HUGEPAGES_H

#include <stdbool.h>
#include <stddef.h>

#define HUGE_PAGE ((size_t)2 << 20)

// True when that many are free. With SHMTOP_TEST_HUGE=1 vm.nr_hugepages is raised for it, which
// huge_pages_put_back undoes.
bool huge_pages_ready(long count);
void huge_pages_put_back(void);
bool huge_pages_free(long count); // that many are

#endif
