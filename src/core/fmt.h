// fmt.h - sizes, ages, times and modes as text, and back.
#ifndef CORE_FMT_H
#define CORE_FMT_H

#include <stddef.h>
#include <stdint.h>

// "0", "512", "4.0K", "12.1M", "1.9G": at most 6 cells; exact below 1024.
const char *fmt_size(uint64_t bytes, char buf[16]);
// "0s" "59s" "12m" "8h50m" "3d04h" "2y11d": at most 6 cells.
const char *fmt_age(uint64_t age_ns, char buf[16]);
// RFC 3339 in UTC with milliseconds when they are not 0: "2026-11-22T21:04:17.123Z".
const char *fmt_rfc3339(uint64_t ns, char buf[40]);
// "21:04:17" of a local time given as seconds since the epoch + offset from UTC in seconds.
const char *fmt_clock(uint64_t ns, long utc_offset, char buf[16]);
// "rw-r-----" of the low 9 bits.
const char *fmt_mode(uint32_t mode, char buf[16]);
// SIZE and offsets of the command line: 4096, 64K, 64M, 1GiB, 0x1000 (K = KiB = 1024).
// 0, or -EINVAL (not a size), -ERANGE (over 2^63-1).
int parse_size(const char *text, uint64_t *out);
// Whole-token unsigned number, decimal or 0x. 0, -EINVAL, -ERANGE.
int parse_u64(const char *text, uint64_t *out);
// Ages: "10m", "0s", "36h", "2d", "1w", plain seconds. Nanoseconds. 0, -EINVAL, -ERANGE.
int parse_age(const char *text, uint64_t *ns);
// Octal mode 0..0777 ("0600", "600"). 0 or -EINVAL.
int parse_mode(const char *text, uint32_t *out);

#endif
