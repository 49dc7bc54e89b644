#!/usr/bin/env bash
# list: no lost or invented row, columns, order, filters, hostile names, JSON as promised.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
schema=$here/e2e/cli_schema.py

sysv_by_ipcs() { # key id mode bytes nattch
    ipcs -m | awk '$1 ~ /^0x/ { printf "%s sysv:%s %04d %s %s\n", $1, $2, $4, $5, $6 }' | sort
}
sysv_by_list() {
    "$SHMTOP" list kind:sysv --no-headings --bytes -o key,id,mode,size,nattch |
        awk '{ print $1, $2, $3, $4, $5 }' | sort
}
posix_by_find() {
    (cd /dev/shm && find . -type f -printf 'posix:/%P %s\n') | sort
}
posix_by_list() {
    "$SHMTOP" list kind:posix --no-headings --bytes -o id,size | awk '{ print $1, $2 }' | sort
}
same_rows() { # same_rows NAME [PREFIX COMMAND...]
    local name=$1
    is "$(sysv_by_list)" "$(sysv_by_ipcs)" "list kind:sysv equals ipcs -m: $name"
    is "$(posix_by_list)" "$(posix_by_find)" "list kind:posix equals find: $name"
}
nobody_rows() {
    has_nobody "an ordinary user sees the same rows: $1" || return
    is "$(as_nobody "$SHMTOP" list kind:sysv --no-headings --bytes -o key,id,mode,size,nattch |
        awk '{ print $1, $2, $3, $4, $5 }' | sort)" "$(sysv_by_ipcs)" "an ordinary user sees the same System V rows: $1"
    is "$(as_nobody "$SHMTOP" list kind:posix --no-headings --bytes -o id,size |
        awk '{ print $1, $2 }' | sort)" "$(posix_by_find)" "an ordinary user sees the same POSIX rows: $1"
}

same_rows "nothing there"
exits 0 "an empty list" "$SHMTOP" list
is "$(wc -l <"$out")" 1 "an empty list is its headings"
exits 0 "an empty list without headings" "$SHMTOP" list --no-headings
is "$(cat "$out")" "" "is empty"

# --- a little of everything ---
python3 - <<'PY'
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
IPC_CREAT = 0o1000
for key, size, mode in ((0, 5000, 0o600), (0x5201, 4096, 0o666), (0x4d0a11f0, 1 << 20, 0o0)):
    assert libc.shmget(key, ctypes.c_size_t(size), IPC_CREAT | mode) >= 0
os.makedirs("/dev/shm/qb-12-13-x/deeper")
for name, size in (("demo", 65536), ("empty", 0), (".hidden", 1), ("qb-12-13-x/ring", 100),
                   ("qb-12-13-x/deeper/er", 4097)):
    with open("/dev/shm/" + name, "wb") as f:
        f.write(b"x" * size)
os.truncate("/dev/shm/demo", 1 << 30)
os.mkfifo("/dev/shm/fifo")
os.symlink("demo", "/dev/shm/link")
os.symlink("/nowhere", "/dev/shm/broken")
os.symlink(".", "/dev/shm/loop")
socket.socket(socket.AF_UNIX).bind("/dev/shm/socket")
PY
same_rows "some"
nobody_rows "some"
for name in fifo link broken socket loop qb-12-13-x loop/demo; do
    fails 3 "no such segment" "names no segment: $name" "$SHMTOP" show "/$name"
done

# --- order and columns ---
exits 0 "sort by size" "$SHMTOP" list --bytes --no-headings -o size --sort size
is "$(tr -d ' ' <"$out")" "$(tr -d ' ' <"$out" | sort -rn)" "largest first"
exits 0 "default order" "$SHMTOP" list --no-headings -o id
is "$(head -n 3 "$out" | tr -d ' ')" "$(tr -d ' ' <"$out" | grep '^sysv' | sort -t: -k2n)" "System V ids in the order of numbers"
run "$SHMTOP" --help
columns=$(sed -n '/^COLUMN is one of/,/^[A-Z]/p' "$out" | grep '^ ' | tr -s ' \n' ',' | sed 's/^,//; s/,$//')
for c in id kind key name size resident swapped mode uid gid creator last nattch holders hidden attach detach change birth flags ipc-ns mnt-ns container origin verdict; do
    case ",$columns," in *",$c,"*) true ;; *) false ;; esac
    ok "column $c is in the help"
    exits 0 "column $c" "$SHMTOP" list -o "$c"
    exits 0 "sort by $c" "$SHMTOP" list --sort "$c"
done
exits 0 "all columns at once" "$SHMTOP" list -o "$columns"
exits 0 "columns as told" "$SHMTOP" list -o size,id /demo --bytes
is "$(tr -s ' ' <"$out" | sed 's/^ //')" "$(printf 'SIZE ID\n1073741824 posix:/demo')" "their order is that of -o, numbers are plain with --bytes"
exits 0 "sizes for people" "$SHMTOP" list -o size demo --no-headings
is "$(tr -d ' ' <"$out")" "1.0G" "sizes for people by default"
run "$SHMTOP" list
! grep -q ' $' "$out"
ok "lines end without blanks"
COLUMNS=20 exits 0 "narrow terminal" "$SHMTOP" list
grep -q 'posix:/qb-12-13-x/deeper/er' "$out"
ok "nothing is cut when it is no terminal"

# --- filters ---
is "$("$SHMTOP" list kind:posix 'size>1M' --no-headings -o id)" "posix:/demo" "words must all match"
is "$("$SHMTOP" list 'kind:posix size>1M' --no-headings -o id)" "posix:/demo" "words in one argument"
is "$("$SHMTOP" list 'name~^/qb.*ring$' --no-headings -o id)" "posix:/qb-12-13-x/ring" "a regular expression"
is "$("$SHMTOP" list nothing-has-this --no-headings)" "" "no match prints nothing"
is "$("$SHMTOP" --once -u nosuchuser | wc -l)" 1 "-u filters without a terminal"

# --- JSON ---
check_json() { # check_json KIND NAME: of the last output
    local said
    said=$(python3 "$schema" "$1" <"$out" 2>&1)
    is "$said" "" "$2"
}
exits 0 "list --json" "$SHMTOP" list --json
check_json list "JSON of list is as promised"
is "$(python3 -c 'import json,sys
for s in json.load(open(sys.argv[1]))["segments"]: print(s["id"])' "$out")" "$("$SHMTOP" list --no-headings -o id)" "the same rows in the same order"
if has_nobody "JSON of an ordinary user"; then
    run as_nobody "$SHMTOP" list --json
    check_json list "JSON of an ordinary user"
fi
run "$SHMTOP" list --json --all-namespaces
check_json list "JSON with all namespaces"
run "$SHMTOP" list --json nothing-has-this
check_json list "JSON of nothing"
value() { # value EXPRESSION: of the document d, from $out
    python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1"
}
run "$SHMTOP" list --json /demo
is "$(value '[d["segments"][0][n] for n in ("id","kind","name","size","mode","uid","user","nattch","holders")]')" \
    "['posix:/demo', 'posix', '/demo', 1073741824, '0644', 0, 'root', None, []]" "facts of an object"
is "$(value 'sorted(n for n, w in d["segments"][0]["why"].items() if w != "not-asked")')" "['creator', 'creator_uid']" "for root nothing is unknown but who made it and what was not asked"
run "$SHMTOP" list --json kind:sysv
is "$(value '[(s["key"], s["mode"], s["size"], s["nattch"], s["last"], s["attach_time"]) for s in d["segments"]]')" \
    "[('0x00000000', '0600', 5000, 0, None, None), ('0x00005201', '0666', 4096, 0, None, None), ('0x4d0a11f0', '0000', 1048576, 0, None, None)]" \
    "facts of System V; never attached is null without reason"
is "$(value 'd["limits"]["shmmni"], d["limits"]["shmmni_used"], d["limits"]["shmmax"]')" "(4096, 3, None)" "limits; no limit is null"

# --- holders ---
hold 'import mmap, os
f = os.open("/dev/shm/demo", os.O_RDWR)
m = mmap.mmap(f, 8192); os.close(f)
g = os.open("/dev/shm/empty", os.O_RDONLY)
l = os.open("/dev/shm/.hidden", os.O_RDWR)
import fcntl; fcntl.flock(l, fcntl.LOCK_EX)
p = os.open("/dev/shm/qb-12-13-x/deeper/er", os.O_RDONLY)
q = mmap.mmap(p, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE); os.close(p)
import ctypes
c = ctypes.CDLL(None); c.shmat.restype = ctypes.c_void_p
i = c.shmget(0x5201, 0, 0); a = c.shmat(i, None, 0)
s = mmap.mmap(-1, 4096)
d = os.memfd_create("gift\n"); os.ftruncate(d, 12345)
import fcntl'
run "$SHMTOP" list --json
check_json list "JSON with holders"
held() { value "[(h['mappings'], h['fds'], h['locks'], h['access'], h['private']) for s in d['segments'] if s['id'] == '$1' for h in s['holders'] if h['pid'] == $holder]"; }
is "$(held posix:/demo)" "[(1, 1, 0, 'rw', False)]" "a mapping (python keeps a descriptor of it)"
is "$(held posix:/empty)" "[(0, 1, 0, 'r', False)]" "a descriptor"
is "$(held posix:/.hidden)" "[(0, 1, 1, 'rw', False)]" "a lock"
is "$(held posix:/qb-12-13-x/deeper/er)" "[(1, 1, 0, 'r', True)]" "a private mapping does not write"
is "$(value "[(h['pid'], h['mappings'], h['fds'], h['access'], s['nattch'], s['hidden_mappings']) for s in d['segments'] if s['key'] == '0x00005201' for h in s['holders']]")" "[($holder, 1, 0, 'rw', 1, 0)]" "an attachment"
is "$(value "[(s['name'], s['name_bytes'], s['size'], s['id'][:4]) for s in d['segments'] if s['kind'] == 'memfd']")" "[('gift\\\\x0a', '676966740a', 12345, 'obj:')]" "a memfd a process holds"
value "[s['kind'] for s in d['segments'] if s['kind'] == 'anon']" | grep -q anon
ok "anonymous shared memory"
is "$("$SHMTOP" list "pid:$holder" kind:posix --no-headings -o id | sort | tr '\n' ' ')" "posix:/.hidden posix:/demo posix:/empty posix:/qb-12-13-x/deeper/er " "pid: finds what a process holds"
rm /dev/shm/demo
run "$SHMTOP" list --json
check_json list "JSON with an unlinked object"
is "$(value "[(s['kind'], s['flags'], s['id'][:4], len(s['holders'])) for s in d['segments'] if 'unlinked' in s['flags']]")" "[('posix', ['unlinked'], 'obj:', 1)]" "an unlinked object that is held"
id=$(value "[s['id'] for s in d['segments'] if 'unlinked' in s['flags']][0]")
run "$SHMTOP" show "$id" --json
check_json show "JSON of show"
exits 0 "show of an unlinked object" "$SHMTOP" show "$id"
release "$holder"
fails 3 "no such segment" "and it is gone with its holder" "$SHMTOP" show "$id"

# --- several links ---
ln /dev/shm/empty /dev/shm/zwilling
run "$SHMTOP" list --json kind:posix
check_json list "JSON with hard links"
is "$(value "sorted(n for s in d['segments'] if s['names'] for n in s['names'])")" "['/empty', '/zwilling']" "one row with both names"
is "$(value "sum(1 for s in d['segments'] if s['id'] in ('posix:/empty', 'posix:/zwilling'))")" 1 "one row an object"
exits 0 "the first name resolves" "$SHMTOP" show /empty
exits 0 "the other name resolves" "$SHMTOP" show /zwilling
rm /dev/shm/zwilling

# --- hostile names ---
python3 - <<'PY'
import os
names = [b"esc\x1b[2J", b"new\nline", b"bad\xff\xfe", b"tab\there", b"at@12", b"back\\slash", b"c1\xc2\x9b31m",
         "\u202egnp.exe".encode(), "データ-cache".encode(), b"x" * 255, "e\u0301".encode(), b"%s%n", b"-rf",
         b"x (deleted)", b" ", b"a  b", b"'\"$(id)`", b"\x7f"]
os.mkdir(b"/dev/shm/host\nile")
for n in names:
    open(b"/dev/shm/" + n, "wb").close()
    open(b"/dev/shm/host\nile/" + n, "wb").close()
PY
run "$SHMTOP" list --no-headings -o id kind:posix
is "$status$(cat "$err")" 0 "hostile names are listed"
is "$(wc -l <"$out")" "$(find /dev/shm -type f -print0 | tr -cd '\0' | wc -c)" "a line each"
! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]' "$out" && iconv -f UTF-8 -t UTF-8 "$out" >/dev/null
ok "no control byte reaches the terminal and all is UTF-8"
! grep -qE $'\u202e|\u009b' "$out"
ok "no bidirectional control and no C1 either"
run "$SHMTOP" list --json kind:posix
check_json list "JSON with hostile names"
python3 - "$SHMTOP" "$out" <<'PY'
import json, os, subprocess, sys
seen = set()
for s in json.load(open(sys.argv[2]))["segments"]:
    raw = bytes.fromhex(s["name_bytes"]) if "name_bytes" in s else s["name"].encode()
    seen.add(raw)
    r = subprocess.run([sys.argv[1], "show", s["id"], "--json"], capture_output=True)
    if r.returncode or json.loads(r.stdout)["segment"]["id"] != s["id"] or r.stderr:
        sys.exit("does not resolve: " + s["id"])
want = set()
for d, _, files in os.walk(b"/dev/shm"):
    want |= {os.path.join(d, f)[8:] for f in files if os.path.isfile(os.path.join(d, f))
             and not os.path.islink(os.path.join(d, f))}
want = {w for w in want if w not in (b"/fifo", b"/socket")}
sys.exit(0 if seen == want else "differs: %r" % (seen ^ want))
PY
ok "every id resolves, every name_bytes is the name"
exits 0 "every id is taken by rm" sh -c "$SHMTOP list --json 'name~host' | python3 -c 'import json, sys
for s in json.load(sys.stdin)[\"segments\"]: print(s[\"id\"], end=\"\\0\")' | xargs -0 '$SHMTOP' rm --now -- >/dev/null"
is "$(find /dev/shm/host* -type f | wc -l)" 0 "and is removed"
LC_ALL=C exits 0 "another locale" "$SHMTOP" list
grep -q 'データ-cache' "$out"
ok "and the same text"

# --- many ---
find /dev/shm -maxdepth 1 -type f -delete
python3 - <<'PY'
import ctypes, os
libc = ctypes.CDLL(None)
n = 3
while n < 4096 and libc.shmget(0, ctypes.c_size_t(4096 + n), 0o1600) >= 0:
    n += 1
assert n == 4096
os.mkdir("/dev/shm/many")
for i in range(4096):
    with open("/dev/shm/many/%d" % i, "wb") as f:
        f.truncate(i)
PY
is "$(sysv_by_list | wc -l) $(posix_by_list | grep -c many)" "4096 4096" "4,096 of each"
same_rows "4,096 of each"
nobody_rows "4,096 of each"
run "$SHMTOP" list --json
check_json list "JSON of many"
exits 0 "rm of many" sh -c "$SHMTOP list --no-headings -o id | xargs '$SHMTOP' rm >/dev/null"
is "$(ipcs -m | grep -c ^0x)$(find /dev/shm/many -type f | wc -l)" 00 "removes them all"
is "$("$SHMTOP" list --no-headings | wc -l) $("$SHMTOP" restore --no-headings | grep -c many)" "0 4096" "from the list into quarantine"
exits 0 "drop them all" "$SHMTOP" restore --drop --older-than 0s
is "$(find /dev/shm -type f | wc -l)" 0 "frees them"
tap_done
