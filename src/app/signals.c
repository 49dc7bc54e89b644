// signals.c - the names of signals.
#include "app/signals.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "core/fmt.h"

// RTMIN, RTMIN+3, RTMAX, RTMAX-3. 0: it is none of these.
static int real_time_signal(const char *text) {
    bool from_least = strncasecmp(text, "RTMIN", 5) == 0;
    uint64_t n = 0;
    if (!from_least && strncasecmp(text, "RTMAX", 5) != 0)
        return 0;
    text += 5;
    if (*text && (*text != (from_least ? '+' : '-') || parse_u64(text + 1, &n) != 0))
        return 0;
    if (n > (uint64_t)(SIGRTMAX - SIGRTMIN))
        return 0;
    return from_least ? SIGRTMIN + (int)n : SIGRTMAX - (int)n;
}

int parse_signal(const char *text) {
    uint64_t number;
    if (parse_u64(text, &number) == 0)
        return number >= 1 && number <= (uint64_t)SIGRTMAX ? (int)number : 0;
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    for (int i = 1; i < SIGRTMIN; i++) {
        const char *name = sigabbrev_np(i);
        if (name && strcasecmp(name, text) == 0)
            return i;
    }
    return real_time_signal(text);
}
