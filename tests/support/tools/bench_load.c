// bench_load.c - the load of `make bench`, in private namespaces. Prints "ready", lives until its
// stdin closes.
// usage: bench_load processes N MAPS    N processes with MAPS mappings each, 100 shared objects
//        bench_load objects SYSV POSIX  that many small segments
//        bench_load namespaces N SEGS   N processes in IPC and mount namespaces of their own, each
//                                       with SEGS System V segments and SEGS files in /dev/shm
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <unistd.h>

static void die(const char *what) {
    perror(what);
    exit(1);
}

// A third of the mappings are private ones of a file, the rest anonymous; neighbours differ in
// protection so that the kernel does not merge them.
static void many_mappings(int count) {
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < count; i++) {
        int prot = i & 1 ? PROT_READ : PROT_READ | PROT_WRITE;
        bool file = i % 3 == 0 && fd >= 0;
        if (mmap(NULL, 4096, prot, MAP_PRIVATE | (file ? 0 : MAP_ANONYMOUS), file ? fd : -1, 0) ==
            MAP_FAILED)
            die("mmap");
    }
    close(fd);
}

static int ids[50], fds[50];

static void bench_name(char buf[64], int i) {
    snprintf(buf, 64, "/bench.%d", i);
}

static void make_shared(void) {
    for (int i = 0; i < 50; i++) {
        char name[64];
        ids[i] = shmget(IPC_PRIVATE, 65536, IPC_CREAT | 0600);
        bench_name(name, i);
        fds[i] = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
        if (ids[i] < 0 || fds[i] < 0 || ftruncate(fds[i], 65536) < 0)
            die("segment");
    }
}

// `done` is closed when everything is mapped: the end of file tells the parent that all are ready.
static void one_process(int n, int maps, int done) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "bench-load");
    many_mappings(maps);
    for (int k = 0; k < 3; k++) { // three shared mappings each
        int i = (n * 3 + k) % 100;
        void *at = i < 50 ? shmat(ids[i], NULL, 0)
                          : mmap(NULL, 65536, PROT_READ, MAP_SHARED, fds[i - 50], 0);
        if (at == (void *)-1)
            die("attach");
    }
    for (int i = 0; i < 50; i++)
        close(fds[i]);
    close(0);
    close(done);
    for (;;)
        pause();
}

static void processes(int count, int maps) {
    int sync[2];
    make_shared();
    if (pipe(sync) < 0)
        die("pipe");
    for (int n = 0; n < count; n++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            close(sync[0]);
            one_process(n, maps, sync[1]);
        }
    }
    close(sync[1]);
    char c;
    while (read(sync[0], &c, 1) > 0)
        ;
    for (int i = 0; i < 50; i++)
        close(fds[i]);
}

// So that another load can follow in the same namespaces.
static void remove_shared(void) {
    char name[64];
    for (int i = 0; i < 50; i++) {
        bench_name(name, i);
        shm_unlink(name);
        shmctl(ids[i], IPC_RMID, NULL);
    }
}

static void object_path(char buf[64], long i) {
    snprintf(buf, 64, "/dev/shm/object.%06ld", i);
}

static void remove_objects(long count) {
    char path[64];
    for (long i = 0; i < count; i++) {
        object_path(path, i);
        unlink(path);
    }
}

// The limit is one of the IPC namespace, which is ours alone.
static void allow_ids(long count) {
    FILE *f = fopen("/proc/sys/kernel/shmmni", "we");
    if (!f)
        return; // then shmget will say so
    fprintf(f, "%ld\n", count);
    fclose(f);
}

static void objects(long sysv, long posix) {
    if (sysv > 4096)
        allow_ids(sysv);
    for (long i = 0; i < sysv; i++)
        if (shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) < 0)
            die("shmget");
    for (long i = 0; i < posix; i++) {
        char name[64];
        object_path(name, i);
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 || ftruncate(fd, 4096) < 0)
            die(name);
        close(fd);
    }
}

static void one_namespace(int segs, int done) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (unshare(CLONE_NEWIPC | CLONE_NEWNS) < 0)
        die("unshare");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=16m,mode=1777") < 0)
        die("mount");
    objects(segs, segs);
    close(0);
    close(done);
    for (;;)
        pause();
}

static void namespaces(int count, int segs) {
    int sync[2];
    if (pipe(sync) < 0)
        die("pipe");
    for (int n = 0; n < count; n++) {
        pid_t pid = fork();
        if (pid < 0)
            die("fork");
        if (pid == 0) {
            close(sync[0]);
            one_namespace(segs, sync[1]);
        }
    }
    close(sync[1]);
    char c;
    while (read(sync[0], &c, 1) > 0)
        ;
}

int main(int argc, char **argv) {
    const char *what = argc == 4 ? argv[1] : "";
    if (strcmp(what, "processes") == 0) {
        processes(atoi(argv[2]), atoi(argv[3]));
    } else if (strcmp(what, "objects") == 0) {
        objects(atol(argv[2]), atol(argv[3]));
    } else if (strcmp(what, "namespaces") == 0) {
        namespaces(atoi(argv[2]), atoi(argv[3]));
    } else {
        fputs("usage: bench_load processes N MAPS | objects SYSV POSIX | namespaces N SEGS\n",
              stderr);
        return 2;
    }
    puts("ready");
    fflush(stdout);
    char c;
    while (read(0, &c, 1) > 0)
        ;
    if (strcmp(what, "processes") == 0)
        remove_shared();
    if (strcmp(what, "objects") == 0)
        remove_objects(atol(argv[3]));
    kill(0, SIGTERM);
    return 0;
}
