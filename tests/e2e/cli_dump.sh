#!/usr/bin/env bash
# dump: the layout of hexdump -C, holes without cost, raw bytes, and no trace.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns

python3 - <<'PY'
import os, random
random.seed(1)
def put(name, data):
    with open("/dev/shm/" + name, "wb") as f:
        f.write(data)
put("text", b"hello shm\n")
put("even", bytes(range(256)) * 16)
put("odd", os.urandom(5003))
put("same", b"A" * 1000)
put("same-but-end", b"A" * 992 + b"B")
put("zeroes", bytes(4096 * 3 + 5))
put("mixed", b"".join(random.choice((bytes(16), b"x" * 16, os.urandom(16))) for _ in range(4000)) + b"abc")
put("empty", b"")
with open("/dev/shm/sparse", "wb") as f:
    f.write(b"start")
    f.seek(1 << 20); f.write(b"middle")
    f.seek((1 << 24) + 7); f.write(b"tail")
    f.truncate((1 << 24) + 4096 * 5 + 3)
with open("/dev/shm/hole", "wb") as f:
    f.truncate(1 << 40)
with open("/dev/shm/comb", "wb") as f:
    for i in range(0, 64, 2):
        f.seek(i * 4096 + 100); f.write(b"tooth")
PY

same() { # same NAME OFFSET LENGTH
    local args=() skip=()
    [ -n "$2" ] && args+=(--offset "$2") skip+=(-s "$2")
    [ -n "$3" ] && args+=(--length "$3") skip+=(-n "$3")
    run "$SHMTOP" dump "/$1" "${args[@]}"
    hexdump -C "${skip[@]}" "/dev/shm/$1" >"$tmp/wanted"
    [ "$status" = 0 ] && [ ! -s "$err" ] && cmp -s "$out" "$tmp/wanted"
    ok "as hexdump -C: $1 ${2:+from $2} ${3:+length $3}"
    cmp -s "$out" "$tmp/wanted" || diff "$out" "$tmp/wanted" | head -n 10 | sed 's/^/# /'
}
for name in text even odd same same-but-end zeroes mixed sparse comb; do
    same $name '' ''
    for offset in 1 15 16 4095 4096 0x10; do
        [ "$name" = text ] && [ $((offset)) -gt 9 ] && continue
        [ $((offset)) -ge "$(stat -c %s "/dev/shm/$name")" ] && continue
        same $name $offset ''
        same $name $offset 33
        same $name $offset 4096
    done
    same $name '' 1
done
exits 0 "a terabyte of nothing" timeout 5 "$SHMTOP" dump /hole
is "$(cat "$out")" "00000000  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
10000000000" "is folded without being read"
is "$(stat -c %b /dev/shm/hole /dev/shm/sparse | head -n 1)" 0 "and nothing was allocated"

# --- ends ---
for words in '/empty' '/text --offset 10' '/text --offset 11' '/text --offset 1GiB' '/text --length 0' '/text --offset 0x7fffffffffffffff' '/empty --raw' '/text --raw --offset 4K'; do
    # shellcheck disable=SC2086
    exits 0 "nothing to print: $words" "$SHMTOP" dump $words
    is "$(cat "$out")" "" "and nothing is printed: $words"
done
same text '' 4096
same text 3 9999999

# --- raw ---
for name in text odd mixed sparse comb; do
    run "$SHMTOP" dump "/$name" --raw
    [ "$status" = 0 ] && cmp "$out" "/dev/shm/$name" >/dev/null
    ok "raw bytes: $name"
done
"$SHMTOP" dump /sparse --raw --offset 1048574 --length 20 >"$out"
tail -c +1048575 /dev/shm/sparse | head -c 20 | cmp - "$out" >/dev/null
ok "raw bytes of a part"
is "$("$SHMTOP" dump /hole --raw --length 256M | wc -c)" 268435456 "a raw hole is zeroes"

# --- no trace, System V, attaching ---
facts() { grep -v '^ *key' /proc/sysvipc/shm | awk '{ print $2, $5, $6, $7, $12, $13, $14 }'; }
hold 'import ctypes
c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p
i = c.shmget(0x77, ctypes.c_size_t(8000), 0o1600)
a = c.shmat(i, None, 0)
ctypes.memmove(a, b"System V!", 9)'
before=$(facts)
exits 0 "a segment somebody holds" "$SHMTOP" dump key:0x77
is "$(head -n 1 "$out")" "00000000  53 79 73 74 65 6d 20 56  21 00 00 00 00 00 00 00  |System V!.......|" "is read"
is "$(tail -n 1 "$out")" "00001f40" "to the end of its size, not of its pages"
exits 0 "--no-attach has nothing to refuse here" "$SHMTOP" dump key:0x77 --no-attach
is "$(facts)" "$before" "no trace is left"
release "$holder"
before=$(facts)
fails 4 "sysv:.*--no-attach" "--no-attach refuses" "$SHMTOP" dump key:0x77 --no-attach
fails 4 "sysv:.*leave out --read-only" "read-only mode refuses" "$SHMTOP" -R dump key:0x77
is "$(facts)" "$before" "and leaves no trace"
run "$SHMTOP" dump key:0x77 --length 16
is "$status $(cat "$out")" "0 00000000  53 79 73 74 65 6d 20 56  21 00 00 00 00 00 00 00  |System V!.......|
00000010" "a segment nobody holds is read by attaching"
is "$(wc -l <"$err") $(grep -c '^shmtop: note: sysv:' "$err")" "1 1" "which is said on stderr"
if has_nobody "a segment that may not be read" "an object that may not be read"; then
    run as_nobody "$SHMTOP" dump key:0x77
    [ "$status" = 1 ] && is_error_line && grep -q EACCES "$err"
    ok "a segment that may not be read"
    chmod 0600 /dev/shm/text
    run as_nobody "$SHMTOP" dump /text
    [ "$status" = 1 ] && is_error_line && grep -q EACCES "$err"
    ok "an object that may not be read"
fi
if has_nobody "the memory of a process" "pages not seen" "or read"; then
    # A user reads what its own processes have touched, and makes no page by it.
    attach='import ctypes, os, sys, time
if len(sys.argv) > 4:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
libc = ctypes.CDLL(None)
libc.prctl(4, 1) # dumpable: as if it had been started by that user
libc.shmat.restype = ctypes.c_void_p
libc.shmat.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
at = libc.shmat(int(sys.argv[1]), None, 0)
ctypes.memmove(at + int(sys.argv[2]), b"touched", 7)
print("ready", flush=True)
time.sleep(float(sys.argv[3]))'
    shmid=$(as_nobody ipcmk -M 65536 | grep -o '[0-9]*$')
    python3 -c "$attach" "$shmid" 8192 60 nobody >"$tmp/ready" &
    holders+=($!)
    for _ in $(seq 100); do [ -s "$tmp/ready" ] && break; sleep 0.1; done
    memory() { awk -v id="$shmid" '$2 == id { print $15 }' /proc/sysvipc/shm; }
    before=$(memory)
    run as_nobody "$SHMTOP" dump "sysv:$shmid" --no-attach
    [ "$status" = 0 ] && grep -q '^00002000  74 6f 75 63 68' "$out" && [ ! -s "$err" ] &&
        [ "$(memory)" = "$before" ]
    ok "through the memory of a process no page is made"
    python3 -c "$attach" "$shmid" 40960 0 >/dev/null # a page that nobody of the user has seen
    before=$(memory)
    run as_nobody "$SHMTOP" dump "sysv:$shmid" --no-attach
    [ "$status" = 4 ] && [ ! -s "$out" ] && is_error_line && [ "$(memory)" = "$before" ]
    ok "pages that may be made by reading are refused"
    run as_nobody "$SHMTOP" dump "sysv:$shmid"
    [ "$status" = 0 ] && grep -q '^0000a000  74 6f 75' "$out" && grep -q 'note: .*allocates' "$err"
    ok "or read after saying so"
fi
before=$(stat -c '%x %y %z' /dev/shm/odd)
"$SHMTOP" dump /odd >/dev/null
is "$(stat -c '%x %y %z' /dev/shm/odd)" "$before" "no time of an object moves"
tap_done
