// truth_churn.c - processes that come and go and hold things for moments, beside those of truth.h.
#include "tests/support/truth.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAP_US = 2000, TOGGLE_US = 150000, PATIENCE_MS = 30000 };

struct worker {
    const struct truth *t;
    unsigned realm, number;
    uint32_t rng;
};

static void nap(uint32_t *rng, uint32_t us) {
    usleep(truth_random(rng, us));
}

// Between two deeds nothing is held.
static void heed(const struct truth *t) {
    if (!atomic_load(&t->control->paused))
        return;
    atomic_fetch_sub(&t->control->busy, 1);
    while (atomic_load(&t->control->paused))
        usleep(1000);
}

// A steady object that workers may touch too; NULL: none was hit upon.
static const struct truth_object *choose(struct worker *w) {
    for (int i = 0; i < 20; i++) {
        size_t n = w->realm * TRUTH_OBJECTS + truth_random(&w->rng, TRUTH_OBJECTS);
        if (w->t->objects[n].busy)
            return &w->t->objects[n];
    }
    return NULL;
}

static int open_steady(const struct truth_object *o, int flags) {
    char path[128];
    snprintf(path, sizeof path, "/dev/shm%s", o->name);
    return open(path, flags);
}

static void lock_a_while(struct worker *w, int fd) {
    struct flock lock = {.l_type = F_RDLCK, .l_len = 1};
    fcntl(fd, F_SETLK, &lock);
    nap(&w->rng, NAP_US);
}

// Holds a steady object for a moment, or until the process ends.
static void hold(struct worker *w, bool lets_go) {
    const struct truth_object *o = choose(w);
    size_t len;
    char *at;
    if (!o)
        return;
    len = (size_t)truth_size(o);
    if (o->kind == SEG_SYSV) {
        at = shmat((int)o->ino, NULL, 0);
    } else {
        int fd = open_steady(o, O_RDWR | O_CLOEXEC);
        at = mmap(NULL, len, PROT_READ | PROT_WRITE,
                  truth_random(&w->rng, 2) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
        if (truth_random(&w->rng, 2))
            lock_a_while(w, fd);
        close(fd);
    }
    nap(&w->rng, NAP_US);
    if (!lets_go || at == MAP_FAILED)
        return;
    if (o->kind == SEG_SYSV)
        shmdt(at);
    else
        munmap(at, len);
}

// Writes to some pages of what a worker has made.
static void touch(struct worker *w, char *at) {
    uint32_t pages = truth_random(&w->rng, TRUTH_CHURN_SIZE / TRUTH_PAGE + 1);
    if (at != MAP_FAILED)
        memset(at, 1, (size_t)pages * TRUTH_PAGE);
}

static void make_file(struct worker *w) {
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/churn-%u", w->number);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, TRUTH_CHURN_SIZE) < 0)
        return;
    char *at = mmap(NULL, TRUTH_CHURN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    touch(w, at);
    nap(&w->rng, NAP_US);
    unlink(path);
    nap(&w->rng, NAP_US);
    close(fd);
    nap(&w->rng, NAP_US);
    if (at != MAP_FAILED)
        munmap(at, TRUTH_CHURN_SIZE);
}

static void make_sysv(struct worker *w) {
    int id = shmget(IPC_PRIVATE, TRUTH_CHURN_SIZE, IPC_CREAT | 0600);
    char *at = shmat(id, NULL, 0);
    touch(w, at);
    nap(&w->rng, NAP_US);
    shmctl(id, IPC_RMID, NULL);
    nap(&w->rng, NAP_US);
    if (at != MAP_FAILED)
        shmdt(at);
}

static void make_nameless(struct worker *w) {
    static const char page[TRUTH_PAGE];
    int fd = memfd_create("churn", MFD_CLOEXEC);
    char *at = mmap(NULL, TRUTH_CHURN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                    0);
    touch(w, at);
    if (fd >= 0 && ftruncate(fd, TRUTH_CHURN_SIZE) == 0 && write(fd, page, sizeof page) > 0)
        nap(&w->rng, NAP_US);
    close(fd);
    munmap(at, TRUTH_CHURN_SIZE);
}

static void have_a_child(struct worker *w, void (*deed)(struct worker *w), bool execs) {
    static const char program[] = "/bin/true";
    pid_t pid = fork();
    if (pid < 0)
        return;
    if (pid == 0) {
        const struct truth_object *o = execs ? choose(w) : NULL;
        w->rng ^= (uint32_t)getpid();
        if (deed)
            deed(w);
        else
            hold(w, false);
        if (o && o->kind == SEG_POSIX)
            open_steady(o, O_RDONLY); // goes with it through exec
        if (execs)
            execl(program, "true", (char *)NULL);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

_Noreturn void truth_work(const struct truth *t, unsigned realm, unsigned number) {
    static void (*const deeds[])(struct worker *) = {make_file, make_sysv, make_nameless};
    struct worker w = {t, realm, number, t->seed ^ (realm * 64 + number + 1)};
    for (;;) {
        uint32_t what = truth_random(&w.rng, 8);
        heed(t);
        if (what < 3)
            deeds[what](&w);
        else if (what < 5)
            hold(&w, true);
        else if (what == 5)
            have_a_child(&w, deeds[1 + truth_random(&w.rng, 2)], false);
        else
            have_a_child(&w, NULL, what == 7);
        atomic_fetch_add(&t->control->done, 1);
    }
}

_Noreturn void truth_toggle(const struct truth *t, unsigned realm, int shmid) {
    atomic_uint *phase = &t->control->phase[realm];
    uint32_t rng = t->seed + realm + 7;
    for (;;) {
        heed(t);
        atomic_fetch_add(phase, 1);
        int fd = open("/dev/shm/toggled", O_RDWR | O_CLOEXEC);
        char *file = mmap(NULL, TRUTH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        close(fd);
        char *sysv = shmat(shmid, NULL, 0);
        if (file == MAP_FAILED || sysv == MAP_FAILED)
            _exit(1);
        atomic_fetch_add(phase, 1);
        nap(&rng, TOGGLE_US);
        atomic_fetch_add(phase, 1);
        munmap(file, TRUTH_PAGE);
        shmdt(sysv);
        atomic_fetch_add(phase, 1);
        nap(&rng, TOGGLE_US);
    }
}

bool truth_pause(struct truth *t) {
    atomic_store(&t->control->busy, TRUTH_REALMS * (TRUTH_CHURN + 1));
    atomic_store(&t->control->paused, true);
    for (int i = 0; i < PATIENCE_MS && atomic_load(&t->control->busy) > 0; i++)
        usleep(1000);
    return atomic_load(&t->control->busy) == 0;
}

void truth_resume(struct truth *t) {
    atomic_store(&t->control->paused, false);
}

// True when this process is of the group and may still do something; tells it if wanted.
static bool moves(const char *pid, pid_t group, bool tell) {
    char path[300], line[1024], state;
    int its_group;
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *f = fopen(path, "re");
    bool got = f && fgets(line, sizeof line, f) != NULL;
    const char *rest = got ? strrchr(line, ')') : NULL;
    if (f)
        fclose(f);
    bool does = rest && sscanf(rest, ") %c %*d %d", &state, &its_group) == 2 &&
                its_group == group && !strchr("TZX", state);
    if (does && tell)
        printf("# truth: still moves: %s", line);
    return does;
}

static bool some_move(pid_t group, bool tell) {
    bool some = false;
    DIR *proc = opendir("/proc");
    for (struct dirent *d; proc && !some && (d = readdir(proc));)
        some = isdigit((unsigned char)d->d_name[0]) && moves(d->d_name, group, tell);
    if (proc)
        closedir(proc);
    return some;
}

bool truth_freeze(struct truth *t) {
    pid_t group = atomic_load(&t->control->group);
    if (kill(-group, SIGSTOP) < 0) {
        perror("# truth: stopping all that moves");
        return false;
    }
    // A child that is being born may be missed in the list once, while its parent still moves.
    int calm = 0;
    for (int i = 0; i < PATIENCE_MS && calm < 2; i++) {
        calm = some_move(group, i + 1 == PATIENCE_MS) ? 0 : calm + 1;
        if (calm == 0)
            usleep(1000);
    }
    return calm == 2;
}

void truth_thaw(struct truth *t) {
    kill(-atomic_load(&t->control->group), SIGCONT);
}
