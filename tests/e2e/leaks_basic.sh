#!/usr/bin/env bash
# leaks: what it lists, in which order, its totals, age floor, filters, rows of the user.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
export XDG_CONFIG_HOME=$tmp/config
mkdir -p "$XDG_CONFIG_HOME/shmtop"
chmod -R 0755 "$tmp"

json() { # json PYTHON: over the leaks as d
    "$SHMTOP" leaks "${@:2}" --json | python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"
}
make_sysv() { # make_sysv KEY SIZE: by a process that ends at once; prints the shmid
    python3 -c "
import ctypes, sys
print(ctypes.CDLL(None).shmget($1, ctypes.c_size_t($2), 0o1600))"
}

exits 0 "no leaks" "$SHMTOP" leaks
is "$(cat "$out")" "VERDICT SEGMENT SIZE UNUSED OWNER ORIGIN WHY" "are the headings"
exits 0 "no leaks without headings" "$SHMTOP" leaks --no-headings
is "$(cat "$out")" "" "are nothing"

small=$(make_sysv 0x5201 4096)
large=$(make_sysv 0 1048576)
hold "
import ctypes
libc = ctypes.CDLL(None)
libc.shmat.restype = ctypes.c_void_p
used = libc.shmget(0x5203, ctypes.c_size_t(4096), 0o1600)
libc.shmat(used, None, 0)
libc.shmget(0x5204, ctypes.c_size_t(4096), 0o1600)
open('/dev/shm/torch_999999_1', 'w').write('x')"
is "$(json '[s["verdict"]["state"] for s in d["segments"] if s["kind"] == "sysv"]')" \
    "['young', 'young', 'idle']" "under the age floor they are young, of the living idle"
is "$(json '[s["verdict"]["state"] for s in d["segments"] if s["kind"] == "sysv"]' --older-than 0s)" \
    "['orphan', 'orphan', 'idle']" "without one they are orphans, the used one is not there"
is "$(json '[s["id"] for s in d["segments"]]' --older-than 0s verdict:orphan)" \
    "['sysv:$small', 'sysv:$large']" "a filter chooses among them"
is "$(json '[(t["verdict"], t["origin"], t["count"]) for t in d["totals"] if t["verdict"] == "orphan"]' \
    --older-than 0s)" "[('orphan', None, 2)]" "totals count them"
is "$(json 'd["totals"][0]["user"]' --older-than 0s verdict:orphan)" "$(id -un)" "and name the owner"
is "$(json 'd["segments"][0]["verdict"]["evidence"][0]["source"]' --older-than 0s verdict:orphan)" \
    creator "evidence names the creator first"
is "$(json '[s["verdict"]["state"] for s in d["segments"] if s["kind"] == "posix"]' --older-than 0s)" \
    "['unknown']" "an object is unknown where not everybody is in sight"
if has_nobody "nattch answers an ordinary user too"; then
    is "$(as_nobody "$SHMTOP" leaks --older-than 0s --no-headings kind:sysv 2>"$err" | awk '{print $1}' | sort | uniq -c | tr -s ' \n' ' ')" \
        " 1 idle 2 orphan " "nattch answers an ordinary user too"
fi
exits 0 "the table" "$SHMTOP" leaks --older-than 0s --no-headings
is "$(awk '{print $1}' "$out" | tr '\n' ' ')" "orphan orphan idle unknown " "orphans first"
exits 0 "why" "$SHMTOP" leaks --older-than 0s --no-headings verdict:orphan
[ "$(grep -c 'has exited' "$out")" = 2 ]
ok "each row says why"
exits 0 "list takes the words too" "$SHMTOP" list -o id,origin,verdict origin:torch
grep -q '^posix:/torch_999999_1 PyTorch unknown' <(tr -s ' ' <"$out")
ok "and shows them"
exits 0 "show says it" "$SHMTOP" show "sysv:$small"
grep -qi 'has exited' "$out"
ok "with the evidence"

fails 2 "is not an age" "a bad age" "$SHMTOP" leaks --older-than tomorrow
fails 2 "verdict is one of" "a bad verdict" "$SHMTOP" leaks verdict:dead
fails 2 "does not go with" "an option it does not have" "$SHMTOP" leaks --force

# --- rows of the user ---
printf '# ours\ntorch_{n}_{n} Not Torch at all\n' >"$XDG_CONFIG_HOME/shmtop/origins"
is "$("$SHMTOP" list -o origin --no-headings kind:posix | sed 's/ *$//')" "Not Torch at all" \
    "rows of the user come first"
is "$("$SHMTOP" list -o id --no-headings "origin:not" | wc -l)" 1 "and can be filtered by"
printf 'a A\nb\n' >"$XDG_CONFIG_HOME/shmtop/origins"
fails 2 "origins: line 2: the name of the software is missing" "a wrong row is named" "$SHMTOP" list
rm "$XDG_CONFIG_HOME/shmtop/origins"
mkfifo "$XDG_CONFIG_HOME/shmtop/origins"
fails 2 "cannot be read" "a FIFO is not waited for" "$SHMTOP" leaks
rm "$XDG_CONFIG_HOME/shmtop/origins"
exits 0 "without a file the built-in rows" "$SHMTOP" leaks
tap_done
