#!/usr/bin/env bash
# Runs every built test and closes with "N passed, N failed, N skipped".
# usage: tests/run.sh BUILD [ASAN-BUILD]
# Every test speaks TAP. Live tests run in private IPC, mount and pid namespaces with a fresh
# /dev/shm, so that they can only touch what they made; as root they run a second time as an
# ordinary user. As many run side by side as there are processors (JOBS=1: one at a time).
# ONLY=pattern runs the tests whose name matches.
set -u
cd "$(dirname "$0")/.." || exit 2
build=$1
pass=0 fail=0 skip=0 failed=()
export LC_ALL=C.UTF-8 TZ=UTC CMOCKA_MESSAGE_OUTPUT=TAP
export ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1
unset LINES COLUMNS NO_COLOR
# Files of the user who runs the tests are none of theirs.
export XDG_CONFIG_HOME=/dev/null/none
scratch=$(mktemp -d) || exit 2
chmod 0755 "$scratch"
export XDG_STATE_HOME=$scratch/state
trap 'rm -rf "$scratch"' EXIT
jobs=${JOBS:-$(nproc)} started=0 counted=0
# These look at numbers of the whole machine, which the others move: each runs with nothing beside it.
alone='ledger|truth|limits|_host'

# count NAME STATUS LOG: takes the TAP of one test program
count() {
    local ok nok sk log=$3
    # cmocka says "not ok N # SKIP" of a skipped test.
    sk=$(grep -ciE '^(not )?ok .*# *skip' "$log")
    ok=$(grep -E '^ok ' "$log" | grep -cviE '# *skip')
    nok=$(grep -E '^not ok ' "$log" | grep -cviE '# *skip')
    if [ "$2" = 77 ] && [ $((ok + nok + sk)) = 0 ]; then
        sk=1
        echo "skipped: $1: $(tail -n 1 "$log")"
    elif [ "$2" != 0 ] && [ "$nok" = 0 ]; then
        nok=1 # died without saying so
    elif [ $((ok + nok + sk)) = 0 ]; then
        nok=1 # a test that tests nothing is a defect
    fi
    grep -iE '^(not )?ok .*# *skip' "$log" | sed -E "s|^(not )?ok [0-9]* *-* *|skipped: $1: |"
    pass=$((pass + ok)) fail=$((fail + nok)) skip=$((skip + sk))
    if [ "$nok" -gt 0 ]; then
        failed+=("$1")
        echo "FAILED: $1 (status $2)"
        sed 's/^/    /' "$log" | tail -n 60
    fi
}
# settle N: waits until at most N tests run, and counts what has ended, in the order of starting.
settle() {
    while [ "$(jobs -rp | wc -l)" -gt "$1" ]; do wait -n; done
    while [ "$counted" -lt "$started" ] && [ -s "$scratch/$counted.status" ]; do
        count "$(<"$scratch/$counted.name")" "$(<"$scratch/$counted.status")" "$scratch/$counted.log"
        rm -f "$scratch/$counted".*
        counted=$((counted + 1))
    done
}
one() { # one NAME COMMAND...
    local name=$1 run=$scratch/$started
    shift
    [[ -n ${ONLY:-} && ! $name =~ $ONLY ]] && return
    if [[ $name =~ $alone ]]; then settle 0; else settle $((jobs - 1)); fi
    started=$((started + 1))
    echo "$name" >"$run.name"
    {
        timeout -k 5 "${LIMIT:-300}" "$@" >"$run.log" 2>&1 </dev/null
        echo $? >"$run.status"
    } &
    if [[ $name =~ $alone ]]; then settle 0; fi
}
wrap=()
if [ -n "${VALGRIND:-}" ]; then
    wrap=(valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite)
fi
ns=(unshare --ipc --mount --pid --fork --mount-proc tests/support/in_ns.sh)
user_ns=(unshare -Ur --ipc --mount --pid --fork --mount-proc tests/support/in_ns.sh)
as_user=()
if [ "$(id -u)" = 0 ]; then
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups env "HOME=$scratch")
else
    ns=("${user_ns[@]}")
fi
can_ns=1
"${ns[@]}" true 2>/dev/null || can_ns=

suite() { # suite BUILD LABEL
    local b=$1 label=$2 t name
    SHMTOP=$(realpath "$b")/shmtop BUILD=$(realpath "$b")
    export SHMTOP BUILD
    for t in "$b"/tests/unit/test_* "$b"/tests/fixtures/test_*; do
        [ -x "$t" ] && one "$label${t#"$b"/tests/}" "${wrap[@]}" "$t"
    done
    for t in "$b"/tests/fuzz/test_*; do
        name=fuzz/${t##*/test_}
        [ -x "$t" ] && one "$label$name" "${wrap[@]}" "$t" "tests/fuzz/seeds/fuzz_${t##*/test_}"
    done
    for t in "$b"/tests/live/test_* tests/live/*.sh; do
        [ -x "$t" ] || continue
        name=${t#"$b"/tests/} name=${name#tests/}
        if [ -z "$can_ns" ]; then
            one "$label$name" sh -c 'echo "Bail: private namespaces cannot be made here"; exit 77'
            continue
        fi
        w=("${wrap[@]}"); [[ $t = *.sh ]] && w=()
        one "$label$name" "${ns[@]}" "${w[@]}" "$t"
        if [ ${#as_user[@]} -gt 0 ]; then
            one "$label$name (ordinary user)" "${as_user[@]}" "${user_ns[@]}" "${w[@]}" "$t"
        fi
    done
    for t in "$b"/tests/screen/test_* tests/e2e/*.sh; do
        [ -x "$t" ] || continue
        name=${t#"$b"/tests/} name=${name#tests/}
        w=("${ns[@]}")
        # Some things can be seen only where every process can: in the initial pid namespace.
        [[ $t = *_host.sh && $(id -u) = 0 ]] && w=(unshare --ipc --mount tests/support/in_ns.sh)
        one "$label$name" "${w[@]}" "$t"
    done
}
one layers tests/layers.sh
suite "$build" ""
[ $# -gt 1 ] && suite "$2" "asan/"
settle 0
[ ${#failed[@]} -gt 0 ] && printf 'failed: %s\n' "${failed[@]}"
echo "$pass passed, $fail failed, $skip skipped"
[ "$fail" = 0 ]
