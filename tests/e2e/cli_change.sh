#!/usr/bin/env bash
# create, write and rm: what they do, what they refuse, and that a refusal changes nothing.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
schema=$here/e2e/cli_schema.py
check_json() { # check_json KIND NAME: of the last output
    is "$(python3 "$schema" "$1" <"$out" 2>&1)" "" "$2"
}
value() {
    python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1"
}
bytes() { xxd -p -s "$2" -l "$3" "/dev/shm/$1"; }

# --- create ---
exits 0 "create an object" "$SHMTOP" create --posix demo --size 64K
is "$(cat "$out")" "posix:/demo" "prints its SEG"
is "$(stat -c '%s %a %b' /dev/shm/demo)" "65536 600 0" "size and mode are as told, nothing allocated"
(umask 077 && "$SHMTOP" create --posix /open --size 1 --mode 0666 >/dev/null)
is "$(stat -c %a /dev/shm/open)" 666 "the mode is not cut by umask"
fails 4 "posix:/demo: .*exists" "never replaces" "$SHMTOP" create --posix demo --size 1
is "$(stat -c '%s' /dev/shm/demo)" 65536 "the old one is as it was"
fails 4 "" "never replaces a symbolic link" sh -c "ln -s /nowhere /dev/shm/link; exec $SHMTOP create --posix link --size 1"
exits 0 "create JSON" "$SHMTOP" create --posix 'esc\x1b' --size 0 --json
check_json create "JSON of create"
is "$(value 'd["id"]')" 'posix:/esc\x1b' "its id"
[ -f $'/dev/shm/esc\e' ]
ok "escapes of a name are decoded"
exits 0 "an @ in a new name is part of it" "$SHMTOP" create --posix 'a@b' --size 1
is "$(cat "$out")" 'posix:/a\x40b' "and escaped in its SEG"
exits 0 "create System V" "$SHMTOP" create --sysv --size 5000 --key 0x5201 --mode 640
seg=$(cat "$out")
is "$(ipcs -m | awk '/^0x00005201/ { print "sysv:" $2, $4, $5 }')" "$seg 640 5000" "System V as told"
fails 4 "key:0x5201.*exists" "never replaces a key" "$SHMTOP" create --sysv --size 5000 --key 0x5201
exits 0 "private System V" "$SHMTOP" create --json --sysv --size 1
check_json create "JSON of create --sysv"
"$SHMTOP" rm "$(value 'd["id"]')" >/dev/null
head -c 5003 /dev/urandom >"$tmp/file"
exits 0 "create from a file" "$SHMTOP" create --posix from --from "$tmp/file"
cmp /dev/shm/from "$tmp/file"
ok "takes its size and bytes"
exits 0 "create from a file with a size" "$SHMTOP" create --posix from2 --from "$tmp/file" --size 8K
is "$(head -c 5003 /dev/shm/from2 | cmp - "$tmp/file") $(stat -c %s /dev/shm/from2)" " 8192" "takes bytes and the size told"
exits 0 "System V from a file" "$SHMTOP" create --sysv --key 0x66 --from "$tmp/file"
"$SHMTOP" dump key:0x66 --raw 2>/dev/null | cmp - "$tmp/file"
ok "System V takes the bytes too"
before=$(ls -A /dev/shm)
fails 1 "nosuchfile: .*ENOENT" "no such file" "$SHMTOP" create --posix x --from "$tmp/nosuchfile"
mkfifo "$tmp/fifo"
fails 1 "not a regular file" "a FIFO does not block" timeout 5 "$SHMTOP" create --posix x --from "$tmp/fifo"
fails 1 "ENO" "a directory that is not there" "$SHMTOP" create --posix no/such/x --size 1
run "$SHMTOP" create --posix toolarge --from "$tmp/file" --size 1
[ "$status" != 0 ] || [ "$(stat -c %s /dev/shm/toolarge)" = 1 ]
ok "a file that does not fit"
rm -f /dev/shm/toolarge
run "$SHMTOP" create --sysv --size 0x7fffffffffffffff
[ "$status" = 1 ] && is_error_line
ok "a size nobody can have"
is "$(ls -A /dev/shm)" "$before" "failures left nothing behind"

# --- write ---
exits 0 "write hex" "$SHMTOP" write /demo --offset 0x10 --hex '7f 45 4c'
is "$(bytes demo 14 8)" "00007f454c000000" "bytes are there"
is "$(cat "$out")" "posix:/demo: wrote 3 bytes at 0x10, over 00 00 00" "and what was there is told"
exits 0 "write text" "$SHMTOP" write posix:/demo --offset 16 --text 'hé'
is "$(bytes demo 16 4)" "68c3a900" "text without an end mark"
printf 'abc\0def' >"$tmp/bin"
exits 0 "write from a file" "$SHMTOP" write /demo --offset 0 --from "$tmp/bin"
is "$(bytes demo 0 8)" "6162630064656600" "the whole file"
printf 'pipe' | "$SHMTOP" write /demo --offset 4K --from - >/dev/null
is "$(bytes demo 4096 5)" "7069706500" "from standard input"
exits 0 "write JSON" "$SHMTOP" write /demo --offset 4096 --hex 00 --json
check_json write "JSON of write"
is "$(value '(d["id"], d["offset"], d["length"], d["old"])')" "('posix:/demo', 4096, 1, '70')" "its facts"
exits 0 "expected bytes are there" "$SHMTOP" write /demo --offset 0 --hex ff --expect 616263
before=$(sha1sum /dev/shm/demo)
fails 4 "posix:/demo" "expected bytes are not there" "$SHMTOP" write /demo --offset 0 --hex ee --expect 6162
fails 4 "posix:/demo" "past the end" "$SHMTOP" write /demo --offset 65536 --hex 00
fails 4 "posix:/demo" "across the end" "$SHMTOP" write /demo --offset 65535 --hex 0000
fails 4 "posix:/demo" "far past the end" "$SHMTOP" write /demo --offset 0x7fffffffffffffff --hex 0000
fails 4 "posix:/demo" "endless input stops at the end" timeout 20 "$SHMTOP" write /demo --offset 0 --from /dev/zero
fails 1 "nosuchfile: .*ENOENT" "no such file" "$SHMTOP" write /demo --offset 0 --from "$tmp/nosuchfile"
is "$(sha1sum /dev/shm/demo) $(stat -c %s /dev/shm/demo)" "$before 65536" "a refusal writes nothing and grows nothing"
if has_nobody "the kernel refuses to write"; then
    run as_nobody "$SHMTOP" write /demo --offset 0 --hex ee
    [ "$status" = 1 ] && is_error_line && grep -q EACCES "$err"
    ok "the kernel refuses to write"
fi
run "$SHMTOP" write "$seg" --offset 4998 --hex aabb
is "$status $(grep -c '^shmtop: note: .*attach' "$err")" "0 1" "write System V that nobody holds, and tell that it was attached"
is "$("$SHMTOP" dump "$seg" --offset 4998 --raw 2>/dev/null | xxd -p)" aabb "to its last byte"
fails 4 "past the end|end" "past the end of System V" "$SHMTOP" write "$seg" --offset 4999 --hex aabb
hold 'import os, fcntl, mmap
f = os.memfd_create("sealed", os.MFD_ALLOW_SEALING); os.write(f, b"A" * 100)
fcntl.fcntl(f, 1033, 8)'
run "$SHMTOP" list --json sealed
id=$(value 'd["segments"][0]["id"]')
is "$(value '(d["segments"][0]["seals"], d["segments"][0]["flags"])')" "(['write'], ['sealed'])" "seals are listed"
fails 4 "seal" "what is sealed is not written" "$SHMTOP" write "$id" --offset 0 --hex 00
fails 4 "no name" "a nameless object has no name to remove" "$SHMTOP" rm "$id"
grep -q "$holder" "$err"
ok "and its holder is named"
fails 4 "no name" "not even by force" "$SHMTOP" rm --force "$id"
release "$holder"

# --- rm ---
exits 0 "rm an object" "$SHMTOP" rm /open
is "$(sed 's/until .*//' "$out")$(ls /dev/shm/open 2>/dev/null)" "posix:/open: moved to quarantine: holds 0 " "it is gone, and told"
fails 3 "posix:/open" "rm what is gone" "$SHMTOP" rm /open
exits 0 "rm several, System V by key" "$SHMTOP" rm key:0x66 /from /from2 --now
is "$(ipcs -m | grep -c 0x00000066)$(ls -d /dev/shm/from* 2>/dev/null)" 0 "all are gone"
hold 'import mmap, os, ctypes
f = os.open("/dev/shm/demo", os.O_RDWR); m = mmap.mmap(f, 4096)
c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p
a = c.shmat(c.shmget(0x5201, 0, 0), None, 0)'
fails 4 "posix:/demo: in use by 1 process \(pid $holder\).*--force" "an object in use" "$SHMTOP" rm /demo
fails 4 "$seg: in use by 1 process \(pid $holder\).*--force" "a System V segment in use" "$SHMTOP" rm "$seg"
[ -f /dev/shm/demo ] && ipcs -m | grep -q 0x00005201
ok "a refusal changes nothing"
fails 4 "in read-only mode" "read-only mode" "$SHMTOP" rm -R --force /demo
[ -f /dev/shm/demo ]
ok "changes nothing"
run "$SHMTOP" rm --json -R /demo
check_json items "JSON of rm in read-only mode"
is "$status $(value '[(i["id"], i["result"]) for i in d["items"]]')" "4 [('posix:/demo', 'refused')]" "tells the refusal"
touch /dev/shm/free
run "$SHMTOP" rm /demo /nosuch /free --now
is "$status $(cat "$out")" "4 posix:/free: removed" "each is tried; a refusal weighs more than a missing one"
is "$(grep -vc "^shmtop: note: " "$err")" 2 "a line each"
run "$SHMTOP" rm /nosuch sysv:99
is "$status" 3 "all are missing"
touch /dev/shm/free
run "$SHMTOP" rm --json /demo /nosuch /free
check_json items "JSON of rm"
is "$status $(value '[(i["id"], i["action"], i["result"]) for i in d["items"]]')" \
    "4 [('posix:/demo', 'quarantine', 'refused'), ('posix:/nosuch', 'remove', 'failed'), ('posix:/free', 'quarantine', 'done')]" "results of each"
run "$SHMTOP" rm --force /demo "$seg"
is "$status $(ls /dev/shm/demo 2>/dev/null)" "0 " "--force removes what is in use"
ipcs -m | awk -v id="${seg#sysv:}" '$2 == id { print $1, $7 $8 }' | grep -q '^0x00000000 dest'
ok "System V waits for its last user"
run "$SHMTOP" list --json "pid:$holder" kind:sysv
is "$(value 'd["segments"][0]["flags"]')" "['dest']" "which list shows"
release "$holder"
touch /dev/shm/roots
chmod 600 /dev/shm/roots
if has_nobody "the kernel refuses another's object" "a failure weighs most" "the unseen are told"; then
    run as_nobody "$SHMTOP" rm /roots
    [ "$status" = 1 ] && [ -f /dev/shm/roots ] && [ ! -s "$out" ] &&
        grep -q 'posix:/roots: .*(E[A-Z]*)' "$err"
    ok "the kernel refuses another's object"
    run as_nobody "$SHMTOP" rm /roots /nosuch
    is "$status" 1 "a failure weighs most"
    hold 'pass'
    run as_nobody "$SHMTOP" rm /roots
    grep -qE '^shmtop: note: [0-9]+ of [0-9]+ processes could not be looked into \(pid .*\)' "$err"
    ok "the unseen are told"
    release "$holder"
fi
echo again >/dev/shm/one
ln /dev/shm/one /dev/shm/two
run "$SHMTOP" rm /two --now
is "$status $(cat "$out") $(cd /dev/shm && ls one two 2>/dev/null)" "0 posix:/two: removed one" "of two names the one that was told goes"
ln /dev/shm/one /dev/shm/two
mkdir /dev/shm/dir && ln /dev/shm/one /dev/shm/dir/three
exits 0 "rm every name of one object" "$SHMTOP" rm --now /two /dir/three /one
is "$(find /dev/shm -name one -o -name two -o -name three)" "" "all of them are gone"
echo again >/dev/shm/one
run "$SHMTOP" rm --now /one /one
is "$status" 3 "the same name twice: the second time it is missing"
rmdir /dev/shm/dir
# One of a group in use keeps the others.
mkdir -p /dev/shm && touch /dev/shm/fastdds_0123456789abcdef /dev/shm/fastdds_0123456789abcdef_el
hold "import fcntl
f = open('/dev/shm/fastdds_0123456789abcdef_el', 'r+'); fcntl.flock(f, fcntl.LOCK_EX)"
run "$SHMTOP" rm /fastdds_0123456789abcdef
is "$status" 4 "a member of a group in use is refused"
is "$(test -e /dev/shm/fastdds_0123456789abcdef && echo there)" there "and stays"
release "$holder"
run "$SHMTOP" rm /fastdds_0123456789abcdef /fastdds_0123456789abcdef_el
is "$status" 0 "unused, it goes"
# Read-only mode does not even attach.
id=$(ipcmk -M 4096 | grep -o '[0-9]*$')
before=$(ipcs -m -t -i "$id" 2>/dev/null; ipcs -m -p)
run "$SHMTOP" -R dump "sysv:$id"
is "$status" 4 "read-only mode does not attach to read"
is "$(ipcs -m -t -i "$id" 2>/dev/null; ipcs -m -p)" "$before" "and nothing moved"
ipcrm -m "$id"

tap_done
