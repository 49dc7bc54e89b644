// crash.c - what puts the terminal back when the program dies of a fault.
#include "ui/crash.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui/term.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
static const int endings[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT};
enum { ENDING_COUNT = sizeof(endings) / sizeof(endings[0]) };
enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]), STACK_SIZE = 64 * 1024 };

// The one piece of mutable file-scope state: a signal handler is given no argument to find it by.
static struct {
    bool installed;
    int fd;
    struct termios modes;
    volatile size_t len;
    char text[CRASH_RESTORE_MAX];
    void *stack;
    struct sigaction before[SIGNAL_COUNT], ending_before[ENDING_COUNT];
    sigset_t mask; // as it was before crash_endable(true)
} prepared;

static _Thread_local struct fault_guard *volatile guard;

void term_set_fault_guard(struct fault_guard *g) {
    guard = g;
}

// Only async-signal-safe calls from here on (signal-safety(7)).
static void on_fault(int sig, siginfo_t *info, void *context) {
    (void)context;
    struct fault_guard *g = guard;
    // si_code > 0: raised by the kernel for an access of ours, not sent by somebody.
    if (g && g->jump && (sig == SIGBUS || sig == SIGSEGV) && info->si_code > 0) {
        guard = NULL;
        siglongjmp(*(sigjmp_buf *)g->jump, sig);
    }
    if (prepared.len > 0) {
        size_t done = 0;
        while (done < prepared.len) {
            ssize_t n = write(prepared.fd, prepared.text + done, prepared.len - done);
            if (n <= 0)
                break;
            done += (size_t)n;
        }
        // TCSANOW: a terminal that is stopped must not keep the program from dying.
        tcsetattr(prepared.fd, TCSANOW, &prepared.modes);
    }
    signal(sig, SIG_DFL);
    raise(sig); // pending until the handler returns, then it ends the program with its own status
}

void crash_end(int code) {
    int flags = fcntl(prepared.fd, F_GETFL);
    if (prepared.installed && prepared.len > 0 && flags >= 0) {
        fcntl(prepared.fd, F_SETFL, flags | O_NONBLOCK);
        (void)!write(prepared.fd, prepared.text, prepared.len);
        fcntl(prepared.fd, F_SETFL, flags); // shared with the shell that started us
        tcsetattr(prepared.fd, TCSANOW, &prepared.modes);
    }
    _exit(code);
}

static void on_ending(int sig) {
    crash_end(128 + sig);
}

void crash_endable(bool on) {
    sigset_t set;
    if (!prepared.installed)
        return;
    sigemptyset(&set);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaddset(&set, endings[i]);
    if (on)
        pthread_sigmask(SIG_UNBLOCK, &set, &prepared.mask);
    else
        pthread_sigmask(SIG_SETMASK, &prepared.mask, NULL);
}

void *crash_thread_begin(void) {
    stack_t stack = {.ss_sp = malloc(STACK_SIZE), .ss_size = STACK_SIZE};
    if (stack.ss_sp && sigaltstack(&stack, NULL) == 0)
        return stack.ss_sp;
    free(stack.ss_sp);
    return NULL;
}

void crash_thread_end(void *stack) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    if (!stack)
        return;
    sigaltstack(&none, NULL);
    free(stack);
}

int crash_install(int fd, const struct termios *modes) {
    if (prepared.installed)
        return -EBUSY;
    prepared.stack = crash_thread_begin();
    if (!prepared.stack)
        return -ENOMEM;
    prepared.fd = fd;
    prepared.modes = *modes;
    prepared.len = 0;
    struct sigaction act = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    act.sa_sigaction = on_fault;
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &act, &prepared.before[i]);
    struct sigaction end = {.sa_handler = on_ending};
    sigfillset(&end.sa_mask);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        if (sigaction(endings[i], NULL, &prepared.ending_before[i]) == 0 &&
            prepared.ending_before[i].sa_handler != SIG_IGN) // nohup(1) means it
            sigaction(endings[i], &end, NULL);
    prepared.installed = true;
    return 0;
}

void crash_remove(void) {
    if (!prepared.installed)
        return;
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaction(signals[i], &prepared.before[i], NULL);
    for (size_t i = 0; i < ENDING_COUNT; i++)
        sigaction(endings[i], &prepared.ending_before[i], NULL);
    crash_thread_end(prepared.stack);
    prepared.stack = NULL;
    prepared.len = 0;
    prepared.installed = false;
}

void crash_prepare(const char *restore, size_t len) {
    prepared.len = 0; // a fault in between finds nothing rather than half a string
    if (len > sizeof(prepared.text))
        return;
    memcpy(prepared.text, restore, len);
    prepared.len = len;
}
