#!/usr/bin/env bash
# ledger: the account as a table and as JSON, what df and ls do not show, and wrong words.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
schema=$here/e2e/cli_schema.py

ledger() { # ledger EXPRESSION: of the document d and the row `shm` of our own /dev/shm, from $out
    python3 -c 'import json, os, sys
d = json.load(open(sys.argv[1]))
dev = os.stat("/dev/shm").st_dev
name = "%d:%d" % (os.major(dev), os.minor(dev))
shm = [r for r in d["rows"] if r["dev"] == name][0]
print(eval(sys.argv[2]))' "$out" "$1"
}
promised() {
    is "$(python3 "$schema" ledger <"$out" 2>&1)" "" "$1"
}

exits 0 "ledger --json" "$SHMTOP" ledger --json
promised "its JSON is as promised"
is "$(ledger '[shm[n] for n in ("where", "bytes", "linked", "unlinked_held", "unexplained", "promised", "ipc_ns")]')" \
    "['/dev/shm', 0, 0, 0, 0, 0, None]" "an empty /dev/shm"

head -c 1M /dev/zero >/dev/shm/linked
truncate -s 8M /dev/shm/sparse
hold 'import os
fd = os.open("/dev/shm/hidden", os.O_RDWR | os.O_CREAT)
os.unlink("/dev/shm/hidden")
os.write(fd, bytes(3 << 20))'
run "$SHMTOP" ledger --json
promised "JSON with something in it"
is "$(ledger '[shm[n] >> 20 for n in ("bytes", "linked", "unlinked_held", "promised")]')" "[4, 1, 3, 12]" \
    "what df shows and ls does not is told apart"
is "$(ledger 'shm["unexplained"], shm["size"] >> 20, shm["in_shmem"]')" "(0, 256, True)" "nothing of it is left"

exits 0 "the table" "$SHMTOP" ledger
grep -qE '^tmpfs +4\.0M +0 +1\.0M +3\.0M +0 +12\.0M +256\.0M /dev/shm$' "$out"
ok "a row with all of it" || says
grep -q '^Shmem of /proc/meminfo ' "$out"
ok "the sum against meminfo"
exits 0 "plain numbers" "$SHMTOP" ledger --bytes --no-headings
grep -qE '^tmpfs +4194304 ' "$out"
ok "are bytes"
grep -q KIND "$out"
is $? 1 "and there are no headings"

truncate -s 300M /dev/shm/sparse
run "$SHMTOP" ledger
grep -q '^! /dev/shm: promised 304.0M, allocated 4.0M, free 252.0M: writing all that is promised would fail' "$out"
ok "a coming SIGBUS is said" || says
is "$(grep -c '^!' "$out")" 1 "once"

if has_nobody "JSON of an ordinary user"; then
    run as_nobody "$SHMTOP" ledger --json
    is "$status" 0 "an ordinary user gets an account"
    promised "JSON of an ordinary user"
fi
fails 2 "one word too many" "no words go with it" "$SHMTOP" ledger something
rm -f /dev/shm/linked /dev/shm/sparse
tap_done
