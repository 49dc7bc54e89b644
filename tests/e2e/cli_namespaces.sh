#!/usr/bin/env bash
# Segments of other namespaces from the command line: listed, shown, read, written, made, removed.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
if ! unshare --ipc --mount true 2>/dev/null; then
    echo "namespaces cannot be made here"
    exit 77
fi

# Starts a process in namespaces of its own with shmid 0, key 0x5201 and /ring in each: $holder,
# $ipc and $mnt.
container() {
    local line
    exec {hold_fd}< <(exec unshare --ipc --mount python3 -c '
import ctypes, os, signal
libc = ctypes.CDLL(None, use_errno=True)
assert libc.mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, None) == 0
assert libc.shmget(0x5201, 5000, 0o1600) == 0
os.close(os.open("/dev/shm/ring", os.O_CREAT | os.O_RDWR, 0o600))
os.truncate("/dev/shm/ring", 8192)
print("ready", flush=True)
signal.pause()')
    holder=$!
    holders+=("$holder")
    read -r line <&"$hold_fd"
    exec {hold_fd}<&-
    ipc=$(readlink "/proc/$holder/ns/ipc") mnt=$(readlink "/proc/$holder/ns/mnt")
    ipc=${ipc//[!0-9]/} mnt=${mnt//[!0-9]/}
    [ "$line" = ready ]
}
container
one=$holder ipc1=$ipc mnt1=$mnt
container
two=$holder ipc2=$ipc mnt2=$mnt

exits 0 "list does not show other namespaces" "$SHMTOP" list --no-headings -o id
! grep -q '@' "$out"
ok "and names nothing with an @"

# Of the machine around the test there may be more: what is ours must be there to the letter.
run "$SHMTOP" list --all-namespaces --no-headings -o id
is "$(grep -E "@($ipc1|$mnt1|$ipc2|$mnt2)\$" "$out" | sort)" "$(printf '%s\n' \
    "posix:/ring@$mnt1" "posix:/ring@$mnt2" "sysv:0@$ipc1" "sysv:0@$ipc2" | sort)" \
    "list --all-namespaces shows exactly what is there"
run "$SHMTOP" --all-namespaces list --json
python3 - "$out" "$ipc1" "$mnt2" <<'PY'
import json, sys
d = json.load(open(sys.argv[1]))
rows = {s["id"]: s for s in d["segments"]}
sysv, posix = rows["sysv:0@" + sys.argv[2]], rows["posix:/ring@" + sys.argv[3]]
assert d["coverage"]["namespaces"] >= 3, d["coverage"]
assert sysv["ipc_ns"] == int(sys.argv[2]) and sysv["key"] == "0x00005201" and sysv["size"] == 5000
assert posix["mnt_ns"] == int(sys.argv[3]) and posix["size"] == 8192
assert sysv["container"] and posix["container"]
PY
ok "the JSON tells namespaces and containers"

for id in "sysv:0@$ipc1" "posix:/ring@$mnt1"; do
    exits 0 "show ${id%%:*} in another namespace, without --all-namespaces" "$SHMTOP" show "$id"
    run "$SHMTOP" write "$id" --offset 16 --text there
    is "$status" 0 "write to ${id%%:*} in another namespace"
    run "$SHMTOP" dump "$id" --offset 16 --length 5 --raw
    is "$status $(cat "$out")" "0 there" "dump ${id%%:*} of another namespace"
    other=${id/$ipc1/$ipc2} other=${other/$mnt1/$mnt2}
    run "$SHMTOP" dump "$other" --offset 16 --length 5 --raw
    is "$(tr '\0' . <"$out")" "....." "its twin has other bytes"
    exits 0 "set ${id%%:*} in another namespace" "$SHMTOP" set "$id" --mode 0640
done
is "$(stat -c %a "/proc/$one/root/dev/shm/ring")" 640 "and it is set there"

run "$SHMTOP" create --sysv --size 4096 --namespace "$ipc1"
is "$status $(cat "$out")" "0 sysv:1@$ipc1" "create a System V segment in another namespace"
run "$SHMTOP" create --posix made --size 4096 --namespace "$mnt1"
is "$status $(cat "$out")" "0 posix:/made@$mnt1" "create an object in another /dev/shm"
[ -f "/proc/$one/root/dev/shm/made" ] && [ ! -e /dev/shm/made ]
ok "there and not here"
for id in "sysv:0@$ipc1" "sysv:1@$ipc1" "posix:/ring@$mnt1" "posix:/made@$mnt1"; do
    run "$SHMTOP" rm --now "$id"
    is "$status" 0 "rm ${id%%@*} in another namespace"
    run "$SHMTOP" show "$id"
    is "$status" 3 "and it is gone"
done
run "$SHMTOP" list --all-namespaces --no-headings -o id
is "$(grep -cE "@($ipc2|$mnt2)\$" "$out")" 2 "the twins are all there"
is "$(readlink "/proc/$two/ns/ipc")" "ipc:[$ipc2]" "and nobody was moved"

# A mount namespace that sees the /dev/shm of another one, ours here.
exec {hold_fd}< <(exec unshare --mount python3 -c 'import signal; print("ready", flush=True); signal.pause()')
holders+=("$!")
read -r _ <&"$hold_fd"
alias_ns=$(readlink "/proc/$!/ns/mnt") alias_ns=${alias_ns//[!0-9]/}
: >/dev/shm/seen
run "$SHMTOP" show "posix:/seen@$alias_ns"
is "$status $(head -n 1 "$out")" "0 posix:/seen" "a /dev/shm may be named by any namespace that sees it"
rm /dev/shm/seen

# A file on another tmpfs of another mount namespace has its name there and is reached by its holder.
exec {hold_fd}< <(exec unshare --mount python3 -c '
import ctypes, mmap, os, signal
assert ctypes.CDLL(None).mount(b"tmpfs", b"/mnt", b"tmpfs", 0, None) == 0
fd = os.open("/mnt/inner", os.O_CREAT | os.O_RDWR, 0o600)
os.truncate(fd, 8192)
m = mmap.mmap(fd, 8192)
os.close(fd)
print("ready", flush=True)
signal.pause()')
inner=$!
holders+=("$inner")
read -r _ <&"$hold_fd"
inner_ns=$(readlink "/proc/$inner/ns/mnt") inner_ns=${inner_ns//[!0-9]/}
run "$SHMTOP" write "file:/mnt/inner@$inner_ns" --offset 16 --text there
is "$status" 0 "write to a file of another mount namespace"
run "$SHMTOP" dump "file:/mnt/inner@$inner_ns" --offset 16 --length 5 --raw
is "$status $(cat "$out")" "0 there" "and dump it"
run "$SHMTOP" list --json --all-namespaces 'kind:tmpfs' 'name~inner'
is "$(python3 -c '
import json, sys
print([(s["id"], s["container"], len(s["holders"])) for s in json.load(open(sys.argv[1]))["segments"]])' "$out")" \
    "[('file:/mnt/inner@$inner_ns', 'python3', 1)]" "listed with its namespace and whose that is"
release "$inner"

fails 3 'no such segment' "a namespace that is not there" "$SHMTOP" show sysv:0@1
fails 3 'no such segment' "a /dev/shm that is not there" "$SHMTOP" dump posix:/ring@1
fails 3 'no namespace' "creating in a namespace that is not there" \
    "$SHMTOP" create --sysv --size 1 --namespace 1
release "$two"
fails 3 'no such segment' "a namespace that has ended" "$SHMTOP" show "sysv:0@$ipc2"
tap_done
