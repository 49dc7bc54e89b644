// hugepages.c - huge pages of 2 MiB for tests, which are a setting of the whole machine.
#include "tests/support/hugepages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char setting[] = "/proc/sys/vm/nr_hugepages";

// By how much vm.nr_hugepages was raised: others may raise it too, for their time.
static long added;

static long meminfo(const char *name) {
    char line[128];
    long value = 0;
    FILE *f = fopen("/proc/meminfo", "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtol(line + strlen(name), NULL, 10);
    if (f)
        fclose(f);
    return value;
}

static bool set_pages(long pages) {
    FILE *f = fopen(setting, "we");
    bool good = f && fprintf(f, "%ld\n", pages) > 0;
    return f ? fclose(f) == 0 && good : false;
}

bool huge_pages_free(long count) {
    return meminfo("HugePages_Free:") - meminfo("HugePages_Rsvd:") >= count;
}

bool huge_pages_ready(long count) {
    if (meminfo("Hugepagesize:") != (long)(HUGE_PAGE / 1024))
        return false;
    if (huge_pages_free(count))
        return true;
    if (!getenv("SHMTOP_TEST_HUGE"))
        return false;
    long total = meminfo("HugePages_Total:");
    bool good = set_pages(total + count);
    added += meminfo("HugePages_Total:") - total; // as many as there was room for
    return good && huge_pages_free(count);
}

void huge_pages_put_back(void) {
    long before = meminfo("HugePages_Total:") - added;
    if (added > 0 && !set_pages(before))
        printf("# %s could not be put back to %ld\n", setting, before);
    added = 0;
}
