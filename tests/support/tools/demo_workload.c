// demo_workload.c - a small living set of segments for `make demo`: writers, readers, a leak, an
// unlinked object, a memfd and a semaphore. Prints "ready" and lives until its stdin closes.
// Everything it makes dies with the private namespaces that it is started in.
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct ring { // what the writer keeps changing
    char magic[8];
    uint64_t sequence;
    double load;
    char text[48];
    uint64_t slots[64];
};

static void die(const char *what) {
    perror(what);
    exit(1);
}

static char *title; // argv[0]: what the process calls itself on the screen
static size_t title_size;

static void name_me(const char *name) {
    prctl(PR_SET_NAME, name);
    memset(title, 0, title_size);
    memcpy(title, name, strlen(name) < title_size ? strlen(name) : title_size - 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void nap(long ms) {
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

static void fill(void *at, size_t len, uint32_t seed) {
    uint32_t *p = at;
    for (size_t i = 0; i < len / 4; i++)
        p[i] = seed = seed * 1664525u + 1013904223u;
}

static void *posix_map(const char *name, size_t size, int flags) {
    int fd = shm_open(name, flags | O_RDWR, 0640);
    if (fd < 0 || ((flags & O_CREAT) && ftruncate(fd, (off_t)size) < 0))
        die(name);
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at == MAP_FAILED)
        die(name);
    return at;
}

static void writer(struct ring *r) {
    memcpy(r->magic, "RING0001", 8);
    for (uint64_t n = 1;; n++) {
        r->sequence = n;
        r->load = 0.5 + (double)(n % 100) / 100;
        snprintf(r->text, sizeof r->text, "frame %lu of camera 2", (unsigned long)n);
        r->slots[n % 64] = n;
        nap(100);
    }
}

static void start(const char *name, void (*run)(void)) {
    pid_t pid = fork();
    if (pid < 0)
        die("fork");
    if (pid == 0) {
        name_me(name);
        run();
        _exit(0);
    }
}

static void ring_writer(void) {
    writer(posix_map("/camera.ring", 8 << 20, O_CREAT));
}
static void ring_reader(void) {
    nap(100);
    struct ring *r = posix_map("/camera.ring", 8 << 20, 0);
    for (uint64_t last = 0;; nap(200)) {
        uint64_t now = *(volatile uint64_t *)&r->sequence;
        if (now < last)
            die("a sequence that goes back");
        last = now;
    }
}
static void cache_server(void) {
    int id = shmget(0x52e2c1, 64 << 20, IPC_CREAT | 0660);
    char *at = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
    if (at == (char *)-1)
        die("cache");
    fill(at, 24 << 20, 7);
    for (unsigned n = 0;; n++, nap(250))
        memcpy(at + 64 + 4096ul * (n % 64), &n, sizeof n);
}
static void leaking_job(void) { // creates two segments and exits without removing them
    int id = shmget(IPC_PRIVATE, 16 << 20, IPC_CREAT | 0600);
    char *at = id < 0 ? (char *)-1 : shmat(id, NULL, 0);
    if (at == (char *)-1)
        die("leak");
    fill(at, 16 << 20, 42);
    memcpy(at, "\177LOG checkpoint 17", 18);
    fill(posix_map("/psm_5c1e9a02", 12 << 20, O_CREAT), 12 << 20, 99);
}
static void unlinked_holder(void) {
    fill(posix_map("/.org.chromium.Chromium.x1Yz", 4 << 20, O_CREAT), 4 << 20, 5);
    shm_unlink("/.org.chromium.Chromium.x1Yz");
    pause();
}
static void memfd_holder(void) {
    int fd = memfd_create("pulseaudio", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, 2 << 20) < 0)
        die("memfd");
    fill(mmap(NULL, 2 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 1 << 20, 3);
    pause();
}
static void semaphore_user(void) {
    sem_t *s = sem_open("/jobs", O_CREAT, 0600, 3);
    if (s == SEM_FAILED)
        die("sem_open");
    pause();
}

int main(int argc, char **argv) {
    if (argc < 1)
        return 2;
    title = argv[0];
    title_size = strlen(argv[0]) + 1;
    start("camera-writer", ring_writer);
    start("camera-view", ring_reader);
    start("camera-log", ring_reader);
    start("cache-server", cache_server);
    start("train.py", leaking_job);
    wait(NULL); // of all the others none ends
    start("renderer", unlinked_holder);
    start("sound", memfd_holder);
    start("job-queue", semaphore_user);
    nap(400);
    puts("ready");
    fflush(stdout);
    struct pollfd in = {0, POLLIN, 0};
    do {
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
        poll(&in, 1, 1000);
    } while (!(in.revents & (POLLIN | POLLHUP)));
    kill(0, SIGTERM);
    return 0;
}
