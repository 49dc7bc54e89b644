// fault.c - the one-line text of a failure, and the names of errnos.
#include "core/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Every errno that files, memory, processes and namespaces can give. Aliases (EWOULDBLOCK, ENOTSUP,
// EDEADLOCK) go by the name the kernel prefers.
#define NAMED(id)                                                                                  \
    { id, #id }
static const struct {
    int err;
    const char *name;
} errnos[] = {
    NAMED(EPERM),           NAMED(ENOENT),        NAMED(ESRCH),
    NAMED(EINTR),           NAMED(EIO),           NAMED(ENXIO),
    NAMED(E2BIG),           NAMED(ENOEXEC),       NAMED(EBADF),
    NAMED(ECHILD),          NAMED(EAGAIN),        NAMED(ENOMEM),
    NAMED(EACCES),          NAMED(EFAULT),        NAMED(ENOTBLK),
    NAMED(EBUSY),           NAMED(EEXIST),        NAMED(EXDEV),
    NAMED(ENODEV),          NAMED(ENOTDIR),       NAMED(EISDIR),
    NAMED(EINVAL),          NAMED(ENFILE),        NAMED(EMFILE),
    NAMED(ENOTTY),          NAMED(ETXTBSY),       NAMED(EFBIG),
    NAMED(ENOSPC),          NAMED(ESPIPE),        NAMED(EROFS),
    NAMED(EMLINK),          NAMED(EPIPE),         NAMED(EDOM),
    NAMED(ERANGE),          NAMED(EDEADLK),       NAMED(ENAMETOOLONG),
    NAMED(ENOLCK),          NAMED(ENOSYS),        NAMED(ENOTEMPTY),
    NAMED(ELOOP),           NAMED(ENOMSG),        NAMED(EIDRM),
    NAMED(ENOSTR),          NAMED(ENODATA),       NAMED(ETIME),
    NAMED(ENOLINK),         NAMED(EPROTO),        NAMED(EMULTIHOP),
    NAMED(EBADMSG),         NAMED(EOVERFLOW),     NAMED(EBADFD),
    NAMED(EILSEQ),          NAMED(ERESTART),      NAMED(EUSERS),
    NAMED(ENOTSOCK),        NAMED(EDESTADDRREQ),  NAMED(EMSGSIZE),
    NAMED(EPROTOTYPE),      NAMED(ENOPROTOOPT),   NAMED(EPROTONOSUPPORT),
    NAMED(EOPNOTSUPP),      NAMED(EPFNOSUPPORT),  NAMED(EAFNOSUPPORT),
    NAMED(EADDRINUSE),      NAMED(EADDRNOTAVAIL), NAMED(ENETDOWN),
    NAMED(ENETUNREACH),     NAMED(ECONNABORTED),  NAMED(ECONNRESET),
    NAMED(ENOBUFS),         NAMED(EISCONN),       NAMED(ENOTCONN),
    NAMED(ETIMEDOUT),       NAMED(ECONNREFUSED),  NAMED(EHOSTUNREACH),
    NAMED(EALREADY),        NAMED(EINPROGRESS),   NAMED(ESTALE),
    NAMED(EUCLEAN),         NAMED(EREMOTEIO),     NAMED(EDQUOT),
    NAMED(EMEDIUMTYPE),     NAMED(ECANCELED),     NAMED(EOWNERDEAD),
    NAMED(ENOTRECOVERABLE), NAMED(EHWPOISON),
};

const char *errno_name(int err, char buf[16]) {
    for (size_t i = 0; i < sizeof errnos / sizeof *errnos; i++)
        if (errnos[i].err == err)
            return errnos[i].name;
    snprintf(buf, 16, "E%d", err);
    return buf;
}

// Cuts a text that fills its buffer, not inside a UTF-8 character, and marks the cut.
static void mark_cut(char *buf, size_t size) {
    size_t end = size - 4;

    while (end > 0 && ((unsigned char)buf[end] & 0xc0) == 0x80)
        end--;
    memcpy(buf + end, "...", 4);
}

static void one_line(char *buf) {
    for (; *buf; buf++)
        if ((unsigned char)*buf < 0x20 || *buf == 0x7f)
            *buf = '?';
}

__attribute__((format(printf, 3, 0))) static void fill(char *buf, size_t size, const char *format,
                                                       va_list args) {
    int n = vsnprintf(buf, size, format, args);

    if (n < 0)
        buf[0] = '\0';
    else if ((size_t)n >= size)
        mark_cut(buf, size);
    one_line(buf);
}

__attribute__((format(printf, 3, 4))) static void fillf(char *buf, size_t size, const char *format,
                                                        ...) {
    va_list args;

    va_start(args, format);
    fill(buf, size, format, args);
    va_end(args);
}

// The texts may be those of *f itself: all are made before any is stored.
enum outcome fault_set(struct fault *f, enum outcome outcome, int err, const char *what,
                       const char *why, const char *todo) {
    return fault_setf(f, outcome, err, what, todo, "%s", why ? why : "");
}

enum outcome fault_setf(struct fault *f, enum outcome outcome, int err, const char *what,
                        const char *todo, const char *why, ...) {
    struct fault made = {.outcome = outcome, .err = err};
    va_list args;

    fillf(made.what, sizeof made.what, "%s", what ? what : "");
    fillf(made.todo, sizeof made.todo, "%s", todo ? todo : "");
    va_start(args, why);
    fill(made.why, sizeof made.why, why, args);
    va_end(args);
    *f = made;
    return outcome;
}

size_t fault_format(const struct fault *f, char *buf, size_t size) {
    char number[16];
    const char *name = f->err ? errno_name(f->err < 0 ? (int)-(unsigned)f->err : f->err, number)
                              : "";

    if (size == 0)
        return 0;
    int n = snprintf(buf, size, "%s%s%s%s%s%s%s%s", f->what, *f->what && *f->why ? ": " : "",
                     f->why, *name ? " (" : "", name, *name ? ")" : "", *f->todo ? "; " : "",
                     f->todo);
    if (n < 0)
        buf[0] = '\0';
    else if ((size_t)n >= size && size > 4)
        mark_cut(buf, size);
    one_line(buf); // the fields are open to whoever fills them by hand
    return strlen(buf);
}
