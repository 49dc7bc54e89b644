// ops_signal.c - signalling a holder, never by a bare pid.
#include "probes/ops_internal.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

// The pidfd is opened first and stays on its process; then the start time proves that it is the one
// that was seen.
enum outcome op_signal(const struct op *op) {
    const struct op_request *req = op->req;
    if (req->process.pid <= 0 || req->process.start_ticks == 0)
        return op_fail(op, OUTCOME_REFUSED, 0, "look at the list again",
                       "its start time is not known, so that it could be another process");
    int fd = (int)syscall(SYS_pidfd_open, req->process.pid, 0);
    if (fd < 0 && errno == ENOSYS)
        return op_fail(op, OUTCOME_FAILED, ENOSYS, "use kill(1)",
                       "this kernel has no pidfd_open(2) (Linux 5.3)");
    int err = fd < 0 ? -errno : holder_alive(op->root, &req->process);
    if (err == 0 && syscall(SYS_pidfd_send_signal, fd, req->signal, NULL, 0) < 0)
        err = -errno;
    if (fd >= 0)
        close(fd);
    if (err == -ESRCH || err == -EINVAL)
        return err == -ESRCH ? op_fail(op, OUTCOME_MISSING, 0, "", "has ended")
                             : op_fail(op, OUTCOME_USAGE, 0, "", "%d is no signal", req->signal);
    return err < 0 ? op_fail_errno(op, err, "signal it") : OUTCOME_DONE;
}
