// fault.c - the one-line text of a failure, and the names of errnos.
#include "core/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Every errno that files, memory, processes and namespaces can give. Aliases (EWOULDBLOCK, ENOTSUP,
// EDEADLOCK) go by the name the kernel prefers.
#define ERRNO_LIST(X)                                                                              \
    X(EPERM)                                                                                       \
    X(ENOENT) X(ESRCH) X(EINTR) X(EIO) X(ENXIO) X(E2BIG) X(ENOEXEC) X(EBADF) X(ECHILD) X(EAGAIN)   \
        X(ENOMEM) X(EACCES) X(EFAULT) X(ENOTBLK) X(EBUSY) X(EEXIST) X(EXDEV) X(ENODEV) X(ENOTDIR)  \
            X(EISDIR) X(EINVAL) X(ENFILE) X(EMFILE) X(ENOTTY) X(ETXTBSY) X(EFBIG) X(ENOSPC)        \
                X(ESPIPE) X(EROFS) X(EMLINK) X(EPIPE) X(EDOM) X(ERANGE) X(EDEADLK) X(ENAMETOOLONG) \
                    X(ENOLCK) X(ENOSYS) X(ENOTEMPTY) X(ELOOP) X(ENOMSG) X(EIDRM) X(ENOSTR)         \
                        X(ENODATA) X(ETIME) X(ENOLINK) X(EPROTO) X(EMULTIHOP) X(EBADMSG)           \
                            X(EOVERFLOW) X(EBADFD) X(EILSEQ) X(ERESTART) X(EUSERS) X(ENOTSOCK)     \
                                X(EDESTADDRREQ) X(EMSGSIZE) X(EPROTOTYPE) X(ENOPROTOOPT)           \
                                    X(EPROTONOSUPPORT) X(EOPNOTSUPP) X(EPFNOSUPPORT)               \
                                        X(EAFNOSUPPORT) X(EADDRINUSE) X(EADDRNOTAVAIL) X(ENETDOWN) \
                                            X(ENETUNREACH) X(ECONNABORTED) X(ECONNRESET)           \
                                                X(ENOBUFS) X(EISCONN) X(ENOTCONN) X(ETIMEDOUT)     \
                                                    X(ECONNREFUSED) X(EHOSTUNREACH) X(EALREADY)    \
                                                        X(EINPROGRESS) X(ESTALE) X(EUCLEAN)        \
                                                            X(EREMOTEIO) X(EDQUOT) X(EMEDIUMTYPE)  \
                                                                X(ECANCELED) X(EOWNERDEAD)         \
                                                                    X(ENOTRECOVERABLE)             \
                                                                        X(EHWPOISON)

const char *errno_name(int err, char buf[16]) {
    switch (err) {
#define X(name)                                                                                    \
    case name:                                                                                     \
        return #name;
        ERRNO_LIST(X)
#undef X
    default:
        snprintf(buf, 16, "E%d", err);
        return buf;
    }
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
    const char *name = f->err ? errno_name(f->err < 0 ? -f->err : f->err, number) : "";

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
