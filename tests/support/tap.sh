# tap.sh - what the shell tests share: TAP lines, running a command, holders of memory.
# Sourced by tests; $SHMTOP is the program. Everything made is undone by an EXIT trap.
set -u
: "${SHMTOP:?the program to test}"
tap_count=0 tap_failed=0
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tmp=$(mktemp -d) || exit 77
chmod 0755 "$tmp"
out=$tmp/out err=$tmp/err status=0
holders=()
# No settings of the person who runs the tests.
export HOME=$tmp
unset XDG_CONFIG_HOME XDG_STATE_HOME

tap_cleanup() {
    local pid
    for pid in "${holders[@]}"; do kill "$pid" 2>/dev/null; done
    rm -rf "$tmp"
}
trap tap_cleanup EXIT

need_host() { # root where every process is in sight
    [ "$(id -u)" = 0 ] && [ "$(readlink /proc/self/ns/pid)" = "pid:[4026531836]" ] &&
        [ "$(readlink /proc/self/ns/user)" = "user:[4026531837]" ] || {
        echo "needs root of the initial pid and user namespaces"
        exit 77
    }
}
# The test touches shared memory: it must be in namespaces made for it.
need_private_ns() {
    [ -n "${SHMTOP_PRIVATE_NS:-}" ] && return
    echo "private namespaces were not made"
    exit 77
}

ok() { # ok NAME: by the status of the command before
    local result=$?
    tap_count=$((tap_count + 1))
    if [ $result = 0 ]; then
        echo "ok $tap_count - $1"
    else
        echo "not ok $tap_count - $1"
        tap_failed=$((tap_failed + 1))
    fi
}
skip() { # skip NAME REASON
    tap_count=$((tap_count + 1))
    echo "ok $tap_count - $1 # SKIP $2"
}
is() { # is GOT WANTED NAME
    [ "$1" = "$2" ]
    ok "$3"
    [ "$1" = "$2" ] || printf '%s\n' "got:    $1" "wanted: $2" | sed 's/^/# /'
}
run() { # run COMMAND...: leaves $status, and the files $out and $err
    "$@" >"$out" 2>"$err" </dev/null
    status=$?
}
says() { # says: what the last run printed, for a failed test
    sed 's/^/# out: /' "$out" | head -n 20
    sed 's/^/# err: /' "$err" | head -n 20
}
# Nothing on stderr but notes on what could not be seen.
silent() {
    ! grep -qv '^shmtop: note: ' "$err"
}
exits() { # exits STATUS NAME COMMAND...: and stderr is silent
    local want=$1 name=$2
    shift 2
    run "$@"
    [ "$status" = "$want" ] && silent
    ok "$name" || true
    { [ "$status" = "$want" ] && silent; } || { echo "# status $status"; says; }
}
# One line on stderr that begins with "shmtop: ", printable, and nothing on stdout.
is_error_line() {
    [ "$(wc -l <"$err")" = 1 ] && grep -q '^shmtop: .' "$err" && ! grep -q '[[:cntrl:]]' "$err" &&
        [ ! -s "$out" ]
}
fails() { # fails STATUS PATTERN NAME COMMAND...
    local want=$1 pattern=$2 name=$3
    shift 3
    run "$@"
    [ "$status" = "$want" ] && is_error_line && grep -qE -e "$pattern" "$err"
    local good=$?
    [ $good = 0 ]
    ok "$name"
    [ $good = 0 ] || { echo "# status $status, wanted $want and: $pattern"; says; }
}
# Starts a process that holds something and waits until it says so. Its pid is in $holder.
hold() { # hold PYTHON
    local line
    exec {hold_fd}< <(exec python3 -c "$1
import sys, signal
print('ready', flush=True)
signal.pause()")
    holder=$!
    holders+=("$holder")
    read -r line <&"$hold_fd"
    exec {hold_fd}<&-
    [ "$line" = ready ]
}
release() { # release PID: and waits until it is gone
    kill "$1" 2>/dev/null
    tail --pid="$1" -f /dev/null
}
# True when a second user can be had; else the tests NAME... are skipped.
has_nobody() { # has_nobody NAME...
    local name
    as_nobody true 2>/dev/null && return 0
    for name in "$@"; do skip "$name" "this user can be nobody else"; done
    return 1
}
as_nobody() {
    setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}
tap_done() {
    echo "1..$tap_count"
    [ "$tap_failed" = 0 ]
    exit
}
