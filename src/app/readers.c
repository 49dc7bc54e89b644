// readers.c - turns the words of options and settings into values.
#include "app/readers.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/options.h"
#include "app/theme_file.h"
#include "app/xalloc.h"
#include "core/fmt.h"

const char *read_FLAG(const char *arg, void *where) {
    (void)arg;
    *(bool *)where = true;
    return NULL;
}

const char *read_TEXT(const char *arg, void *where) {
    *(const char **)where = arg;
    return NULL;
}

const char *read_WORD(const char *arg, void *where) {
    if (!*arg || strpbrk(arg, " \t\n"))
        return "is not a single word";
    return read_TEXT(arg, where);
}

const char *read_SIZE(const char *arg, void *where) {
    uint64_t value;
    int err = parse_size(arg, &value);
    if (err == -ERANGE)
        return "is too large";
    if (err)
        return "is not a size such as 4096, 64K, 64M, 1GiB or 0x1000";
    *(uint64_t *)where = value;
    return NULL;
}

static const char *read_time(const char *arg, uint64_t least_ns, uint64_t *out) {
    uint64_t ns = 0, unit = UINT64_C(1000000000);
    const char *p = arg;
    bool digits = false;
    for (; *p >= '0' && *p <= '9' && ns <= UINT64_C(3600000000000); p++, digits = true)
        ns = ns * 10 + (uint64_t)(*p - '0') * UINT64_C(1000000000);
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9'; p++, digits = true)
            ns += (uint64_t)(*p - '0') * (unit /= 10);
    if (*p || !digits || ns < least_ns || ns > UINT64_C(3600000000000))
        return "is not a number of seconds in its range";
    *out = ns;
    return NULL;
}

const char *read_SECONDS(const char *arg, void *where) {
    return read_time(arg, UINT64_C(100000000), where);
}

const char *read_INTERVAL(const char *arg, void *where) {
    return read_time(arg, UINT64_C(10000000), where);
}

const char *read_COUNT(const char *arg, void *where) {
    uint64_t value;
    if (parse_u64(arg, &value) || value == 0)
        return "is not a number above 0";
    *(uint64_t *)where = value;
    return NULL;
}

const char *read_AGE(const char *arg, void *where) {
    return parse_age(arg, where) ? "is not an age such as 10m, 36h or 2d" : NULL;
}

const char *read_PID(const char *arg, void *where) {
    uint64_t value;
    if (parse_u64(arg, &value) || value == 0 || value > INT_MAX)
        return "is not a process number";
    *(pid_t *)where = (pid_t)value;
    return NULL;
}

const char *read_KEY(const char *arg, void *where) {
    uint64_t value;
    if (parse_u64(arg, &value) || value > UINT32_MAX)
        return "is not a key such as 0x5201";
    *(uint32_t *)where = (uint32_t)value;
    return NULL;
}

const char *read_MODE(const char *arg, void *where) {
    return parse_mode(arg, where) ? "is not an octal mode from 0 to 0777" : NULL;
}

const char *read_HUGE(const char *arg, void *where) {
    uint64_t value;
    if (parse_size(arg, &value) || (value != UINT64_C(2) << 20 && value != UINT64_C(1) << 30))
        return "is neither 2M nor 1G";
    *(uint64_t *)where = value;
    return NULL;
}

const char *read_THEME(const char *arg, void *where) {
    if (!theme_known(arg))
        return "is no theme";
    return read_TEXT(arg, where);
}

static enum column list_column(const char *name) {
    enum column col = column_by_name(name);
    return col != COLUMN_COUNT && column_info(col)->of_list ? col : COLUMN_COUNT;
}

const char *read_COLUMN(const char *arg, void *where) {
    enum column col = list_column(arg);
    if (col == COLUMN_COUNT)
        return "is no column";
    *(enum column *)where = col;
    return NULL;
}

const char *read_COLUMNS(const char *arg, void *where) {
    struct column_choice *choice = where;
    choice->count = 0;
    for (const char *p = arg;; p++) {
        char name[32];
        size_t len = strcspn(p, ",");
        if (len == 0 || len >= sizeof name)
            return "is not a list of columns";
        memcpy(name, p, len);
        name[len] = '\0';
        enum column col = list_column(name);
        if (col == COLUMN_COUNT)
            return "names no column";
        if (choice->count == COLUMN_COUNT)
            return "names too many columns";
        choice->list[choice->count++] = col;
        p += len;
        if (!*p)
            return NULL;
    }
}

static int hex_digit(char c) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)((at - digits) % 16) : -1;
}

// Pairs of digits, with or without blanks between bytes.
const char *read_HEX(const char *arg, void *where) {
    struct byte_string *out = where;
    uint8_t *bytes = xcalloc(strlen(arg) / 2 + 1, 1);
    size_t len = 0;
    for (const char *p = arg; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        int high = hex_digit(p[0]), low = high < 0 ? -1 : hex_digit(p[1]);
        if (low < 0) {
            free(bytes);
            return "is not made of pairs of hex digits";
        }
        bytes[len++] = (uint8_t)(high * 16 + low);
        p += 2;
    }
    if (len == 0) {
        free(bytes);
        return "holds no bytes";
    }
    free(out->bytes);
    *out = (struct byte_string){bytes, len};
    return NULL;
}
