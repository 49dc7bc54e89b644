#!/usr/bin/env bash
# reap where everybody is in sight: orphans alone, groups whole, plans that change nothing, two at
# once, what is used in between, an ordinary user.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
need_host
export XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
mkdir "$tmp/copies"
pid=4194303 # one that nobody has
while [ -e "/proc/$pid" ]; do pid=$((pid - 1)); done

value() {
    python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1"
}
orphan() { echo "$2" >"/dev/shm/torch_${pid}_$1"; }
sysv() { # sysv KEY: made by a process that has ended; prints the shmid
    python3 -c "
import ctypes
print(ctypes.CDLL(None).shmget($1, ctypes.c_size_t(8192), 0o1600))"
}
everything() { (cd /dev/shm && find . -printf '%p %i %s %m\n' | sort; ipcs -m | grep ^0x); }

# --- the plan ---
exits 0 "nothing to reap" "$SHMTOP" reap --older-than 0s
is "$(cat "$out")" "" "is no line"
orphan 1 x
echo y >/dev/shm/plain
id=$(sysv 0x5201)
hold "
import os
open('/dev/shm/torch_%d_1' % os.getpid(), 'w').write('x')"
before=$(everything)
exits 0 "what is young is not planned" "$SHMTOP" reap
is "$(cat "$out")" "" "it is no line"
exits 0 "the plan" "$SHMTOP" reap --older-than 0s
is "$(sort "$out" | sed 's/creator [0-9]*/creator N/')" "posix:/torch_${pid}_1: would move to quarantine: 4.0K: orphan, pid in its name $pid has exited
sysv:$id: would remove: 0: orphan, creator N has exited" "a line an orphan"
exits 0 "the plan as JSON" "$SHMTOP" reap --older-than 0s --json
is "$(value 'sorted((i["id"], i["action"], i["result"], i["error"], i["item"]) for i in d["items"])')" \
    "[('posix:/torch_${pid}_1', 'quarantine', None, None, None), ('sysv:$id', 'remove', None, None, None)]" "with no result"
exits 0 "suspects too" "$SHMTOP" reap --older-than 0s --suspects
is "$(grep -c '^posix:/plain: would .*suspect' "$out") $(wc -l <"$out")" "1 3" "when asked for"
exits 0 "a filter" "$SHMTOP" reap --older-than 0s kind:sysv
is "$(wc -l <"$out")" 1 "narrows it"
fails 4 "read-only mode" "read-only mode" "$SHMTOP" reap -R --apply --older-than 0s
exits 0 "plans" "$SHMTOP" reap -R --older-than 0s
is "$(everything)" "$before" "a plan changes nothing"

# --- applied ---
exits 0 "apply" "$SHMTOP" reap --apply --older-than 0s --save "$tmp/copies" --json
is "$(value 'sorted((i["id"], i["result"], i["item"] is None) for i in d["items"])')" \
    "[('posix:/torch_${pid}_1', 'done', False), ('sysv:$id', 'done', False)]" "does what was planned"
is "$(ls /dev/shm) $(ipcs -m | grep -c ^0x)" "$(printf 'plain\ntorch_%s_1' "$holder") 0" "what lives and what is suspect stays"
copy=$(find "$tmp/copies" -name 'sysv-*Z')
exits 0 "all of it comes back" "$SHMTOP" restore "$copy" "$("$SHMTOP" restore --no-headings | awk '{ print $1 }')"
is "$(everything | awk '!/^0x/ { print $1, $3, $4 }')" "$(echo "$before" | awk '!/^0x/ { print $1, $3, $4 }')" "as it was"
release "$holder"
rm "/dev/shm/torch_${holder}_1" # an inner pid namespace may have a process of this number
exits 0 "free at once" "$SHMTOP" reap --apply --older-than 0s --suspects --now
is "$(ls -A /dev/shm) $(ipcs -m | grep -c ^0x)" " 0" "leaves nothing, not even a quarantine"
exits 0 "once more" "$SHMTOP" reap --apply --older-than 0s
is "$(cat "$out")" "" "there is nothing to do"

# --- groups ---
mkdir -m 0750 "/dev/shm/qb-$pid-$pid-12-abcdef"
for f in request response event; do echo $f >"/dev/shm/qb-$pid-$pid-12-abcdef/$f"; done
before=$(everything)
exits 0 "a folder of one program" "$SHMTOP" reap --apply --older-than 0s
is "$(wc -l <"$out") $(ls /dev/shm)" "3 " "goes as a whole"
exits 0 "restore it" sh -c "$SHMTOP restore --no-headings | awk '{ print \$1 }' | xargs $SHMTOP restore"
is "$(everything | awk '{ print $1, $3, $4 }')" "$(echo "$before" | awk '{ print $1, $3, $4 }')" "comes back as a whole"
mkfifo "/dev/shm/qb-$pid-$pid-12-abcdef/fifo"
run "$SHMTOP" reap --apply --older-than 0s --now
is "$status $(ls /dev/shm/*)" "0 fifo" "a folder that is not empty stays"
rm -r /dev/shm/qb-*
umount_later=
mount -t tmpfs -o nr_inodes=5,mode=1777 tmpfs /dev/shm && umount_later=1
for f in '' _el; do echo x >"/dev/shm/fastdds_0123456789abcdef$f"; done
if [ -n "$umount_later" ]; then # room for a quarantine and one note
    before=$(everything)
    run "$SHMTOP" reap --apply --older-than 0s --json
    is "$status $(value 'sorted(i["result"] for i in d["items"])')" "1 ['failed', 'refused']" "where there is room for one of two"
    is "$(everything)" "$before" "both stay"
    umount /dev/shm
    mount -t tmpfs -o nr_inodes=3,mode=1777 tmpfs /dev/shm
    for f in '' _el; do echo x >"/dev/shm/fastdds_0123456789abcdef$f"; done
    run "$SHMTOP" reap --apply --older-than 0s --now --json
    is "$status $(value 'sorted(i["result"] for i in d["items"])')$(ls -A /dev/shm)" "0 ['done', 'done']" "freed at once they need no room"
    umount /dev/shm
fi
for f in '' _el; do echo x >"/dev/shm/fastdds_0123456789abcdef$f"; done
hold "
import fcntl
f = open('/dev/shm/fastdds_0123456789abcdef_el', 'r+'); fcntl.flock(f, fcntl.LOCK_SH)"
run "$SHMTOP" reap --apply --older-than 0s --suspects
is "$status $(ls /dev/shm | wc -l)" "0 2" "a group of which one is in use stays"
release "$holder"
exits 0 "unused" "$SHMTOP" reap --apply --older-than 0s --now
is "$(ls -A /dev/shm)" "" "it goes"

# --- two at once ---
for i in $(seq 200); do orphan "$i" "$i"; done
for i in $(seq 20); do sysv 0 >/dev/null; done
"$SHMTOP" reap --apply --older-than 0s >"$tmp/first" 2>"$tmp/first.err" &
first=$!
"$SHMTOP" reap --apply --older-than 0s >"$tmp/second" 2>"$tmp/second.err" &
second=$!
wait $first
is "$?" 0 "the first of two"
wait $second
is "$?" 0 "the second of two"
is "$(cat "$tmp/first" "$tmp/second" | grep -c 'moved to quarantine') $(cat "$tmp/first" "$tmp/second" | grep -c ': removed')" "200 20" "together they did it once"
is "$(cat "$tmp/first.err" "$tmp/second.err" | grep -v '^shmtop: note: ')" "" "and neither complains"
is "$("$SHMTOP" restore --no-headings | wc -l) $(ipcs -m | grep -c ^0x)" "200 0" "all of it"
is "$(wc -l <"$XDG_STATE_HOME/shmtop/journal") $(python3 -c 'import json, sys
[json.loads(l) for l in open(sys.argv[1])]' "$XDG_STATE_HOME/shmtop/journal" && echo whole)" "$(wc -l <"$XDG_STATE_HOME/shmtop/journal") whole" "the journal has whole lines"
exits 0 "restore many" sh -c "$SHMTOP restore --no-headings | awk '{ print \$1 }' | xargs $SHMTOP restore >/dev/null"
is "$(find /dev/shm -maxdepth 1 -type f | wc -l)" 200 "brings all back"
exits 0 "and reap many" "$SHMTOP" reap --apply --older-than 0s --now
is "$(ls -A /dev/shm)" "" "frees all"

# --- an ordinary user ---
orphan 1 x
chmod 0666 "/dev/shm/torch_${pid}_1"
as_nobody sh -c "echo x >/dev/shm/torch_${pid}_2"
run as_nobody env HOME=/nowhere XDG_STATE_HOME=/nowhere "$SHMTOP" reap --older-than 0s
is "$status $(grep -c "torch_${pid}_1" "$out")" "0 0" "what belongs to others is no part of his plan"
is "$(grep -c '^posix' "$out")" 0 "nor what he cannot know of"
id=$(as_nobody ipcmk -M 8192 | grep -o '[0-9]*$')
run as_nobody env HOME=/nowhere XDG_STATE_HOME=/nowhere "$SHMTOP" reap --older-than 0s --apply
is "$status $(cut -d: -f1-2 "$out")" "0 sysv:$id" "his own System V he can prove"
fails 2 "does not go with" "words" "$SHMTOP" reap --force
fails 2 "is not an age" "a bad age" "$SHMTOP" reap --older-than soon
tap_done
