#!/usr/bin/env bash
# --root: a captured machine tells the same as the machine did, and cannot be changed.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
capture=${BUILD:?}/tests/support/tools/capture_root
[ -x "$capture" ] || {
    echo "the tool that captures a root is not built"
    exit 77
}
"$SHMTOP" create --posix demo --size 64K >/dev/null
"$SHMTOP" create --posix 'esc\x1b' --size 0 --mode 0640 >/dev/null
"$SHMTOP" create --sysv --key 0x5201 --size 5000 >/dev/null
"$SHMTOP" create --sysv --size 4096 >/dev/null
echo hello >/dev/shm/text
hold 'import mmap, os, ctypes
f = os.open("/dev/shm/demo", os.O_RDWR); m = mmap.mmap(f, 4096)
c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p
a = c.shmat(c.shmget(0x5201, 0, 0), None, 0)'
"$capture" --content 65536 "$tmp/root" 2>"$err"
is "$? $(cat "$err")" "0 " "a root is captured"

segments() { # segments OPTIONS...: what can be compared (a verdict tells ages)
    "$SHMTOP" "$@" list --json | python3 -c '
import json, sys
for s in json.load(sys.stdin)["segments"]:
    print({n: s[n] for n in s if n not in ("last", "resident", "verdict")})'
}
is "$(segments --root "$tmp/root")" "$(segments)" "list tells the same"
is "$(segments --root "$tmp/root" | wc -l)" 5 "and it is all of it"
exits 0 "the table of a captured root" "$SHMTOP" --root "$tmp/root"
run "$SHMTOP" list --json --root "$tmp/root"
is "$(python3 "$here/e2e/cli_schema.py" list <"$out" 2>&1)" "" "its JSON is as promised"
exits 0 "show" "$SHMTOP" show /demo --root "$tmp/root"
grep -q "$holder" "$out"
ok "with its holder"
run "$SHMTOP" show key:0x5201 --json --root "$tmp/root"
is "$status $(python3 "$here/e2e/cli_schema.py" show <"$out" 2>&1)" "0 " "JSON of show is as promised"
exits 0 "dump" "$SHMTOP" dump /text --root "$tmp/root"
is "$(head -n 1 "$out")" "$(hexdump -C /dev/shm/text | head -n 1)" "prints what was captured"
for words in 'rm /demo --force' 'rm key:0x5201 --force' 'write /demo --offset 0 --hex 00' 'create --posix new --size 1' 'create --sysv --size 1'; do
    # shellcheck disable=SC2086
    fails 4 "" "cannot be changed: $words" "$SHMTOP" --root "$tmp/root" $words
done
is "$(find /dev/shm -type f | wc -l) $(ipcs -m | grep -c ^0x)" "3 2" "nor was the machine itself"
fails 3 "no such segment" "a segment that was not there" "$SHMTOP" --root "$tmp/root" show /new

rm "$tmp/root/manifest.json"
fails 2 "root: is not a captured root" "no manifest" "$SHMTOP" --root "$tmp/root" list
echo '{"manifest": 1, "uid": }' >"$tmp/root/manifest.json"
fails 2 "root: is not a captured root: .*manifest.json:1" "a broken manifest" "$SHMTOP" --root "$tmp/root" list
fails 2 "is not a captured root" "a file is no root" "$SHMTOP" --root "$tmp/root/manifest.json" list
tap_done
