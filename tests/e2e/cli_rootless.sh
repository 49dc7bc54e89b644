#!/usr/bin/env bash
# Containers of an ordinary user, made without root: seen and changed from outside by that user.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
if ! as_nobody unshare -Ur --ipc --mount true 2>/dev/null; then
    echo "an ordinary user with a user namespace cannot be had here"
    exit 77
fi
if grep -qa __tsan_init "$SHMTOP"; then
    echo "ThreadSanitizer gives every child a thread, and who has two enters no user namespace"
    exit 77
fi
mkdir "$tmp/home" && chown 65534:65534 "$tmp/home"
export HOME=$tmp/home
user() { as_nobody "$@"; }

# shmid 0 is held, shmid 1 is not; /ring is held, /free is not.
exec {hold_fd}< <(exec setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Ur --ipc --mount python3 -c '
import ctypes, mmap, os, signal
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
assert libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, None) == 0
assert libc.shmget(0x5201, 5000, 0o1600) == 0 and libc.shmget(0x5202, 8192, 0o1640) == 1
ctypes.memset(libc.shmat(0, None, 0), 0x41, 8)
for name in "ring", "free":
    fd = os.open("/dev/shm/" + name, os.O_CREAT | os.O_RDWR, 0o600)
    os.truncate(fd, 8192)
    if name == "ring":
        m = mmap.mmap(fd, 8192)
    os.close(fd)
print("ready", flush=True)
signal.pause()')
holder=$!
holders+=("$holder")
read -r line <&"$hold_fd"
exec {hold_fd}<&-
[ "$line" = ready ]
ok "a container was made"
ipc=$(readlink "/proc/$holder/ns/ipc") mnt=$(readlink "/proc/$holder/ns/mnt")
ipc=${ipc//[!0-9]/} mnt=${mnt//[!0-9]/}

run user "$SHMTOP" list --all-namespaces --no-headings -o id
is "$(grep @ "$out" | sort | tr '\n' ' ')" \
    "posix:/free@$mnt posix:/ring@$mnt sysv:0@$ipc sysv:1@$ipc " "all of it is listed"
run user "$SHMTOP" list --json --all-namespaces 'kind:sysv'
is "$(python3 -c '
import json, sys
print([(s["uid"], s["creator_uid"], [h["pid"] for h in s["holders"]]) for s in json.load(open(sys.argv[1]))["segments"]])' "$out")" \
    "[(65534, 65534, [$holder]), (65534, 65534, [])]" "with users as they are outside, and holders"

run user "$SHMTOP" list --json
is "$(python3 -c '
import json, sys
d = json.load(open(sys.argv[1]))
print(d["coverage"]["namespaces"], d["coverage"]["namespaces_denied"], [n for n in d["notes"] if n["probe"] == "namespaces"])' "$out")" \
    "2 0 []" "not asked for, it is counted and not called denied"

for id in "sysv:0@$ipc" "sysv:1@$ipc" "posix:/ring@$mnt" "posix:/free@$mnt"; do
    run user "$SHMTOP" write "$id" --offset 16 --text there
    is "$status" 0 "write to ${id%@*}"
    run user "$SHMTOP" dump "$id" --offset 16 --length 5 --raw
    is "$status $(cat "$out")" "0 there" "dump ${id%@*}"
done
run user "$SHMTOP" dump "sysv:0@$ipc" --length 8 --raw
is "$(cat "$out")" "AAAAAAAA" "what the holder wrote"
fails 4 "nobody holds it|only attaching" "what only attaching reads is refused with --no-attach" \
    user "$SHMTOP" dump "sysv:1@$ipc" --no-attach
fails 4 "other bytes" "expected bytes are not there" \
    user "$SHMTOP" write "sysv:1@$ipc" --offset 16 --text x --expect 00
fails 4 "past its end" "past the end" user "$SHMTOP" write "sysv:1@$ipc" --offset 8192 --text x
run user "$SHMTOP" set "sysv:1@$ipc" --mode 0600
is "$status" 0 "set mode"
run user "$SHMTOP" list --all-namespaces --no-headings -o mode,id
is "$(grep -c "^0600.*sysv:1@$ipc" "$out")" 1 "and it is set"
fails 1 "does not exist in its user namespace" "an owner that is unknown there" \
    user "$SHMTOP" set "sysv:1@$ipc" --owner 12345

run user "$SHMTOP" create --sysv --size 4096 --key 0x5203 --namespace "$ipc"
is "$status $(cat "$out")" "0 sysv:2@$ipc" "create System V"
fails 4 "exists already" "with a key that is taken" \
    user "$SHMTOP" create --sysv --size 4096 --key 0x5203 --namespace "$ipc"
printf content >"$tmp/home/from"
run user "$SHMTOP" create --sysv --from "$tmp/home/from" --namespace "$ipc"
run user "$SHMTOP" dump "sysv:3@$ipc" --raw
is "$(cat "$out")" content "from a file"
run user "$SHMTOP" create --posix made --size 4096 --namespace "$mnt"
is "$status $(cat "$out")" "0 posix:/made@$mnt" "create an object"

fails_rm() { # fails_rm ID
    run user "$SHMTOP" rm --now "$1"
    [ "$status" = 4 ] && grep -q "in use by 1 process (pid $holder)" "$err"
    ok "rm ${1%@*} in use is refused"
}
fails_rm "sysv:0@$ipc"
fails_rm "posix:/ring@$mnt"
for id in "sysv:1@$ipc" "sysv:2@$ipc" "sysv:3@$ipc" "posix:/made@$mnt" "posix:/free@$mnt"; do
    run user "$SHMTOP" rm --now "$id"
    is "$status" 0 "rm ${id%@*}"
done
run user "$SHMTOP" list --all-namespaces --no-headings -o id
is "$(grep @ "$out" | sort | tr '\n' ' ')" "posix:/ring@$mnt sysv:0@$ipc " "and they are gone"
is "$(readlink "/proc/$holder/ns/ipc")" "ipc:[$ipc]" "nobody was moved"

# What is root's is not his.
exec {hold_fd}< <(exec unshare --ipc python3 -c '
import ctypes, signal
assert ctypes.CDLL(None).shmget(0x5201, 5000, 0o1666) == 0
print("ready", flush=True)
signal.pause()')
other=$!
holders+=("$other")
read -r line <&"$hold_fd"
exec {hold_fd}<&-
ns=$(readlink "/proc/$other/ns/ipc") ns=${ns//[!0-9]/}
run user "$SHMTOP" create --sysv --size 4096 --namespace "$ns"
[ "$status" != 0 ] && is_error_line
ok "nothing is made in a namespace of root"
release "$holder"
fails 3 'no such segment' "a container that has ended" user "$SHMTOP" show "sysv:0@$ipc"
tap_done
