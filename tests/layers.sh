#!/usr/bin/env bash
# Fails on an include that crosses the layers: core <- probes, core <- ui, all <- app.
cd "$(dirname "$0")/.." || exit 2
bad=0 n=0
check() { # check NAME WHERE... -- PATTERN: no line of these files may match
    local name=$1 where=() hits
    shift
    while [ "$1" != -- ]; do where+=("$1"); shift; done
    shift
    hits=$(grep -nE "$1" "${where[@]}" /dev/null 2>/dev/null)
    n=$((n + 1))
    if [ -n "$hits" ]; then
        echo "$hits" | sed 's/^/# /'
        echo "not ok $n - $name"
        bad=1
    else
        echo "ok $n - $name"
    fi
}
shopt -s nullglob
core=(src/core/*.[ch]) probes=(probes/*.[ch]) ui=(ui/*.[ch]) app=(src/app/*.[ch])
not() { # not FILE FILES...: the list without one file
    local no=$1 f
    shift
    for f in "$@"; do [ "$f" != "$no" ] && echo "$f"; done
}
check "the core includes nobody" "${core[@]}" -- '#include "(probes|ui|app)/'
check "the core makes no system call" "${core[@]}" -- '#include <(sys/(stat|shm|ipc|mman|ioctl|syscall)|fcntl|unistd|poll|pthread|signal|ncurses|curses|jansson|sqlite3)\.h>'
check "probes include the core alone" "${probes[@]}" -- '#include "(ui|app)/'
check "the ui includes the core alone" "${ui[@]}" -- '#include "(probes|app)/'
mapfile -t rest < <(not ui/term.c "${core[@]}" "${probes[@]}" "${ui[@]}" "${app[@]}")
check "curses only in ui/term.c" "${rest[@]}" -- '#include <(ncurses|curses|term|ncursesw/.*)\.h>'
mapfile -t rest < <(not probes/procs_libproc2.c "${core[@]}" "${probes[@]}" "${ui[@]}" "${app[@]}")
check "libproc2 only in probes/procs_libproc2.c" "${rest[@]}" -- '#include <libproc2/'
mapfile -t rest < <(printf '%s\n' "${core[@]}" "${probes[@]}" "${ui[@]}" "${app[@]}" | grep -v '^src/app/history')
check "SQLite only in src/app/history*.c" "${rest[@]}" -- '#include <sqlite3\.h>'
check "only probes make a shm call" "${core[@]}" "${ui[@]}" "${app[@]}" -- '\b(shmget|shmat|shmdt|shmctl|shm_open|shm_unlink)\('
check "only probes open /proc and /dev/shm" "${core[@]}" "${ui[@]}" "${app[@]}" -- '\b(open|openat|fopen|opendir|stat|lstat|access)\([^)]*"/(proc|dev/shm)'
allowed='^(Makefile|src|ui|probes|tests|screenshots|README\.md|LICENSE|\..*)$'
n=$((n + 1))
extra=$(git ls-files 2>/dev/null | cut -d/ -f1 | sort -u | grep -vE "$allowed")
if [ -n "$extra" ]; then echo "# $extra"; echo "not ok $n - the top level holds what belongs there"; bad=1
else echo "ok $n - the top level holds what belongs there"; fi
echo "1..$n"
exit $bad
