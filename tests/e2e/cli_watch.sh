#!/usr/bin/env bash
# watch, set and kill.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
schema=$here/e2e/cli_schema.py
value() {
    python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1"
}
# Starts watch and runs a command again and again until it ends. No other way tells that it looks.
watching() { # watching COMMAND -- WATCH...
    local change=$1 pid tries=0
    : >"$out"
    : >"$err"
    shift 2
    timeout 60 "$SHMTOP" watch "$@" --interval 0.01 >"$out" 2>"$err" </dev/null &
    pid=$!
    while kill -0 $pid 2>/dev/null && [ $tries -lt 20000 ]; do
        tries=$((tries + 1))
        eval "$change"
    done
    wait $pid
    status=$?
}
# --- watch ---
head -c 4096 /dev/zero >/dev/shm/live
flip() { # flip OFFSET: other bytes there each time
    local c
    [ -f /dev/shm/live ] || return
    printf -v c '\\x%02x' $((tries % 250 + 1))
    # shellcheck disable=SC2059
    printf "$c$c$c" | dd of=/dev/shm/live bs=1 seek="$1" conv=notrunc status=none
}
watching 'flip 16' -- /live --count 1
is "$status $(wc -l <"$out") $(cat "$err")" "0 1 " "--count 1 ends after one change"
grep -qE '^20[0-9-]+T[0-9:.]+Z 0x000000(10|11|12)( [0-9a-f]{2}){1,3} ->( [0-9a-f]{2}){1,3}$' "$out"
ok "time, offset, old and new bytes are told"
watching 'flip 16' -- /live --count 3 --json
is "$status $(wc -l <"$out")" "0 3" "--count 3 ends after three"
python3 - "$out" <<'PY'
import json, re, sys
for line in open(sys.argv[1]):
    d = json.loads(line)
    assert list(d) == ["time", "offset", "old", "new"] and 16 <= d["offset"] < 19, d
    assert re.fullmatch("([0-9a-f]{2}){1,3}", d["old"]) and len(d["old"]) == len(d["new"]) and d["old"] != d["new"], d
PY
ok "JSON lines are as promised"
watching 'flip 16; flip 100' -- /live --count 2 --offset 64 --length 64 --json
is "$(python3 -c 'import json,sys
print(all(100 <= json.loads(l)["offset"] < 103 for l in open(sys.argv[1])))' "$out")" True "only the window is watched"
truncate -s 1T /dev/shm/hole
watching 'printf x$tries | dd of=/dev/shm/hole bs=1 seek=999999995904 conv=notrunc status=none' -- /hole --count 1
is "$status $(cut -d' ' -f2 "$out" | cut -c1-10)" "0 0xe8d4a500" "a change in a terabyte of nothing is found"
is "$(stat -c %b /dev/shm/hole)" 8 "and nothing more was allocated"
rm /dev/shm/hole
watching 'flip 16; [ -s "$out" ] && rm -f /dev/shm/live' -- /live
is "$status $(cat "$err")" "3 shmtop: posix:/live: is gone" "a segment that goes ends it"
"$SHMTOP" create --sysv --size 4096 --key 0x9 >/dev/null
fails 4 "no-attach" "--no-attach refuses" "$SHMTOP" watch key:0x9 --no-attach
watching '[ -s "$err" ] && "$SHMTOP" rm key:0x9 --force >/dev/null 2>&1' -- key:0x9
is "$status $(grep -c '^shmtop: note: .*attach' "$err")" "3 1" "attaching is told, and does not hold a removed segment"
ipcs -m | grep -q '^0x'
[ $? = 1 ]
ok "which is gone"

# --- set ---
"$SHMTOP" create --posix obj --size 8K >/dev/null
seg=$("$SHMTOP" create --sysv --size 4096 --key 0x52)
exits 0 "set mode" "$SHMTOP" set /obj --mode 0640
is "$(stat -c %a /dev/shm/obj)" 640 "of an object"
exits 0 "set mode of System V" "$SHMTOP" set "$seg" --mode 0644
is "$(ipcs -m | awk '/^0x00000052/ { print $4 }')" 644 "by IPC_SET"
exits 0 "JSON of set" "$SHMTOP" set --json /obj --mode 0640
python3 "$here/e2e/cli_schema.py" set <"$out" && grep -q '"id": "posix:/obj"' "$out"
ok "tells the envelope and the id"
exits 0 "set size" "$SHMTOP" set /obj --size 16K
is "$(stat -c %s /dev/shm/obj)" 16384 "grows"
exits 0 "shrink what nobody uses" "$SHMTOP" set /obj --size 4K
is "$(stat -c %s /dev/shm/obj)" 4096 "shrinks"
hold 'import mmap, os
f = os.open("/dev/shm/obj", os.O_RDWR); m = mmap.mmap(f, 4096)'
fails 4 "posix:/obj: is in use by 1 process.*--force" "shrink what is in use" "$SHMTOP" set /obj --size 1K
is "$(stat -c %s /dev/shm/obj)" 4096 "is refused and nothing changed"
exits 0 "even so" "$SHMTOP" set /obj --size 2K --force
is "$(stat -c %s /dev/shm/obj)" 2048 "with --force"
if has_nobody "set owner" "of both" "the kernel refuses" "set lock" "is shown"; then
    exits 0 "set owner" "$SHMTOP" set /obj --owner nobody:65534
    exits 0 "set owner of System V" "$SHMTOP" set "$seg" --owner 65534
    is "$(stat -c %u:%g /dev/shm/obj) $("$SHMTOP" list --no-headings -o uid "$seg" kind:sysv | tr -d ' ')" "65534:65534 65534" "of both" || true
    exits 0 "set owner back" "$SHMTOP" set /obj --owner root:root
    run as_nobody "$SHMTOP" set /obj --mode 0666
    [ "$status" = 1 ] && is_error_line && grep -qE 'EACCES|EPERM' "$err"
    ok "the kernel refuses"
    exits 0 "set lock" "$SHMTOP" set "$seg" --lock
    is "$("$SHMTOP" list --no-headings -o flags kind:sysv | tr -d ' ')" locked "is shown"
    exits 0 "set unlock" "$SHMTOP" set "$seg" --unlock
    is "$("$SHMTOP" list --no-headings -o flags kind:sysv | tr -d ' ')" - "is shown too"
fi

# --- kill ---
second=$holder
hold 'import os, signal
f = os.open("/dev/shm/obj", os.O_RDONLY)
signal.signal(signal.SIGUSR1, lambda *a: os._exit(0))'
run "$SHMTOP" kill /obj --signal USR1 --json
is "$(python3 "$schema" items <"$out" 2>&1)" "" "JSON of kill"
is "$status $(value '[(i["id"], i["action"], i["result"]) for i in d["items"]]')" "0 [('posix:/obj', 'signal', 'done'), ('posix:/obj', 'signal', 'done')]" "every holder got it"
tail --pid="$holder" -f /dev/null
tail --pid="$second" -f /dev/null
! kill -0 "$holder" 2>/dev/null && ! kill -0 "$second" 2>/dev/null
ok "and acted on it"
run "$SHMTOP" kill /obj
is "$status $(cat "$out") $(cat "$err")" "0  shmtop: note: posix:/obj: nobody is seen to hold it" "nobody to signal"
hold 'import os
f = os.open("/dev/shm/obj", os.O_RDONLY)'
run "$SHMTOP" kill /obj
tail --pid="$holder" -f /dev/null
is "$status $(cat "$out")" "0 pid $holder (python3): sent TERM" "TERM unless told otherwise"
hold 'import os, signal
f = os.open("/dev/shm/obj", os.O_RDONLY)
signal.signal(signal.SIGRTMIN + 2, lambda *a: os._exit(0))'
run "$SHMTOP" kill /obj --signal sigrtmin+2
tail --pid="$holder" -f /dev/null
is "$status $(cat "$out")" "0 pid $holder (python3): sent sigrtmin+2" "a real-time signal"
hold 'import os
f = os.open("/dev/shm/obj", os.O_RDONLY)'
kill -STOP "$holder"
run "$SHMTOP" kill /obj --signal KILL
tail --pid="$holder" -f /dev/null
is "$status" 0 "a stopped process is killed"
tap_done
