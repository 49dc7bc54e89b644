#!/usr/bin/env bash
# What rm puts aside or saves comes back as it was; what is in the way stays; time and --drop free.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
export XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
mkdir -p "$XDG_CONFIG_HOME/shmtop" "$tmp/copies"
chmod -R 0755 "$tmp"
journal=$XDG_STATE_HOME/shmtop/journal
user=$(id -u)
quarantine=/dev/shm/.shmtop-$user

value() {
    python3 -c 'import json,sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$out" "$1"
}
items() { "$SHMTOP" restore --no-headings "$@" | awk '{ print $1 }'; }
facts() { stat -c '%i %s %a %u %g %X %Y' "$1"; }
make() { # make PATH: with bytes, mode and times of its own
    head -c 70000 /dev/urandom >"$1"
    chmod 0640 "$1"
    touch -a -d '2001-02-03 04:05:06' "$1"
    touch -m -d '2002-03-04 05:06:07' "$1"
}

# --- listing ---
exits 0 "nothing to restore" "$SHMTOP" restore
is "$(cat "$out")" "ITEM SEGMENT HOLDS SINCE LEFT WHY" "are the headings"
exits 0 "nothing as JSON" "$SHMTOP" restore --json
is "$(value 'd["items"]')" "[]" "is an empty list"

# --- an object goes and comes back ---
make /dev/shm/ring
sum=$(md5sum </dev/shm/ring) before=$(facts /dev/shm/ring)
exits 0 "rm" "$SHMTOP" rm --json /ring
item=$(value 'd["items"][0]["item"]')
is "$(value '(d["items"][0]["action"], d["items"][0]["result"])')" "('quarantine', 'done')" "puts it aside"
[[ $item =~ ^item:[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$ ]]
ok "and names the item"
is "$("$SHMTOP" list --no-headings)" "" "list does not show it"
is "$(stat -c '%a %u' "$quarantine")" "700 $user" "the quarantine is private"
exits 0 "ledger" "$SHMTOP" ledger --json
is "$(value '[(r["bytes"], r["linked"]) for r in d["rows"] if r["where"] == "'"$quarantine"'"]')" \
    "[(73728, 73728)]" "its memory is a row of the ledger"
is "$(value '[(r["bytes"], r["unexplained"]) for r in d["rows"] if r["where"] == "/dev/shm"]')" "[(0, 0)]" "and of no other"
exits 0 "restore lists it" "$SHMTOP" restore --json
is "$(value '[(i["item"], i["id"], i["size"], i["because"]) for i in d["items"]]')" \
    "[('$item', 'posix:/ring', 70000, ['nobody is seen to map, open or lock it'])]" "with what it was and why"
is "$(python3 -c 'import json, sys
e = [json.loads(l) for l in open(sys.argv[1])]
print([(x["command"], x["id"], x["result"], x["item"] == sys.argv[2], x["undo"] == "shmtop restore " + sys.argv[2], x["uid"]) for x in e])' "$journal" "$item")" \
    "[('rm', 'posix:/ring', None, True, True, $user), ('rm', 'posix:/ring', 'done', True, True, $user)]" "the journal knows both"
is "$(stat -c %a "$journal")" 600 "and is private"
fails 4 "read-only mode" "read-only mode restores nothing" "$SHMTOP" restore -R "$item"
exits 0 "but lists" "$SHMTOP" restore -R
exits 0 "restore" "$SHMTOP" restore "$item"
is "$(cat "$out")" "$item: is back as posix:/ring" "says so"
is "$(facts /dev/shm/ring) $(md5sum </dev/shm/ring)" "$before $sum" "inode, bytes, mode, owner and times are as they were"
is "$(ls -A /dev/shm)" ring "and nothing else is left"
fails 3 "no such item" "an item that is back" "$SHMTOP" restore "$item"

# --- what is in the way ---
run "$SHMTOP" rm /ring
item=$(items)
echo other >/dev/shm/ring
fails 4 "posix:/ring by now \(EEXIST\)" "a name that is taken" "$SHMTOP" restore "$item"
is "$(cat /dev/shm/ring) $(items)" "other $item" "both stay as they are"
rm /dev/shm/ring
ln -s /etc/passwd /dev/shm/ring
fails 4 "EEXIST" "a link in its place" "$SHMTOP" restore "$item"
rm /dev/shm/ring
run "$SHMTOP" restore --json "$item" item:1-1-1
is "$status $(value '[(i["item"], i["id"], i["result"]) for i in d["items"]]')" \
    "3 [('$item', 'posix:/ring', 'done'), ('item:1-1-1', None, 'failed')]" "results of each"
is "$(value '[i["size"] for i in d["items"]][1]')" None "the size of what is not there is unknown"

# --- a journal that somebody else wrote to ---
run "$SHMTOP" rm /ring
item=$(items)
printf '{"item": "%s", "id": "posix:/\\u001b[31m", "because": ["\\u001b]52;c;AAAA\\u0007 a\\\\x1b"]}\n' "$item" >>"$journal"
run "$SHMTOP" restore
! LC_ALL=C grep -q $'[\e\a]' "$out" && grep -qF '\x1b]52;c;AAAA\x07 a\x1b' "$out"
ok "what it says reaches the terminal escaped"
run "$SHMTOP" restore --drop "$item"

if has_nobody "a link of somebody else does not lead the journal away"; then
    mkdir "$tmp/home" "$tmp/victim"
    ln -s "$tmp/victim" "$tmp/home/shmtop"
    chown -h 65534 "$tmp/home/shmtop"
    make /dev/shm/ring
    XDG_STATE_HOME=$tmp/home run "$SHMTOP" rm --now /ring
    grep -q 'no journal can be kept' "$err" && [ -z "$(ls -A "$tmp/victim")" ]
    ok "a link of somebody else does not lead the journal away"
fi

# --- a directory whose name would be obeyed ---
evil=$tmp/$'d\e[31m'
mkdir "$evil"
make /dev/shm/ring
run "$SHMTOP" rm --save "$evil" /ring
! grep -q $'\e' "$out" "$err" && grep -qF 'd\x1b[31m' "$out"
ok "its name is told escaped"
run "$SHMTOP" restore "$(items)"
rm -r "$evil"

# --- folders ---
mkdir -m 0750 /dev/shm/sub
make /dev/shm/sub/deep
before=$(facts /dev/shm/sub/deep)
run "$SHMTOP" rm /sub/deep
rmdir /dev/shm/sub
exits 0 "its folder is gone" "$SHMTOP" restore "$(items)"
is "$(facts /dev/shm/sub/deep) $(stat -c %a /dev/shm/sub)" "$before 750" "and is made again as it was"
run "$SHMTOP" rm /sub/deep
rmdir /dev/shm/sub
ln -s /tmp /dev/shm/sub
fails 4 "folder" "a link in place of its folder is not followed" "$SHMTOP" restore "$(items)"
is "$(items | wc -l)" 1 "the item stays"
rm /dev/shm/sub
exits 0 "drop" "$SHMTOP" restore --drop "$(items)"
is "$(ls -A /dev/shm)" ring "frees it"

# --- names that are hard ---
for name in $'new\nline' 'a b' $'\xff\xfe' '-R' "$(printf 'x%.0s' {1..240})"; do
    make "/dev/shm/$name"
    before=$(facts "/dev/shm/$name")
    run "$SHMTOP" rm -- "$("$SHMTOP" list --no-headings -o id 'size>60K' att:0 | grep -v 'posix:/ring')"
    item=$(items)
    [ "$status" = 0 ] && [ ! -e "/dev/shm/$name" ]
    ok "a hard name goes"
    run "$SHMTOP" restore "$item"
    is "$(facts "/dev/shm/$name")" "$before" "and comes back"
    rm -- "/dev/shm/$name"
done

# --- words ---
fails 2 "ITEM it needs is missing" "drop what?" "$SHMTOP" restore --drop
fails 2 "is no ITEM" "drop takes items alone" "$SHMTOP" restore --drop /ring
fails 2 "--older-than" "by name or by age" "$SHMTOP" restore --drop --older-than 1h item:1-1-1
fails 3 "no such item or copy" "neither an item nor a file" "$SHMTOP" restore "$tmp/nosuch"

# --- time ---
run "$SHMTOP" rm /ring
is "$(items --older-than 1h)$(items --older-than 0s | wc -l)" 1 "an age narrows the list"
exits 0 "drop what is older" "$SHMTOP" restore --drop --older-than 1h
is "$(items | wc -l)" 1 "keeps the young"
exits 0 "drop all" "$SHMTOP" restore --drop --older-than 0s
is "$(items)$(ls -A /dev/shm)" "" "frees all"
echo 'quarantine = 0s' >"$XDG_CONFIG_HOME/shmtop/config"
make /dev/shm/short
make /dev/shm/held
run "$SHMTOP" rm /short
is "$(items)" "" "what has no time is freed at once by the next rm"
is "$(tail -n 1 "$XDG_STATE_HOME/shmtop/journal" | grep -c '"command":"rm","action":"expire","id":"posix:/short","item":"item:.*"result":"done"')" 1 "and the journal tells"
hold 'import os
f = os.open("/dev/shm/held", os.O_RDWR)'
run "$SHMTOP" rm --force /held
grep -q "in use, and stays" "$err"
ok "what is over and still held stays"
is "$(items | wc -l)" 1 "to be brought back"
exits 0 "while it is held" "$SHMTOP" restore "$(items)"
release "$holder"
run "$SHMTOP" rm /held
is "$(items)$(ls -A /dev/shm)" "" "unheld it is freed"
rm "$XDG_CONFIG_HOME/shmtop/config"

# --- hard links ---
make /dev/shm/one
ln /dev/shm/one /dev/shm/two
run "$SHMTOP" rm /one
grep -q "1 other name of it remains" "$err"
ok "other names are told"
exits 0 "one of two names comes back" "$SHMTOP" restore "$(items)"
is "$(stat -c %h /dev/shm/one)" 2 "as a name of the same"
rm /dev/shm/one /dev/shm/two

# --- copies ---
id=$("$SHMTOP" create --sysv --key 0x5201 --size 3M --mode 0640)
"$SHMTOP" write "$id" --offset 2M --text hello >/dev/null 2>&1
run "$SHMTOP" rm --save "$tmp/copies" --json "$id"
copy=$(value 'd["items"][0]["item"]')
is "$status $(value 'd["items"][0]["action"]') $(stat -c '%s %a' "$copy") $(du -k "$copy" | cut -f1)" "0 remove 3145728 600 4" "a sparse copy for the user alone"
is "$(ipcs -m | grep -c 0x00005201)" 0 "and the segment is gone"
exits 0 "restore the copy" "$SHMTOP" restore "$copy"
is "$(ipcs -m | awk '/^0x00005201/ { print $3, $4, $5 }')" "$(id -un) 640 3145728" "key, owner, mode and size"
is "$("$SHMTOP" dump key:0x5201 --offset 2M --raw --length 6 2>/dev/null | xxd -p)" 68656c6c6f00 "and bytes"
fails 4 "EEXIST" "a key that is taken" "$SHMTOP" restore "$copy"
"$SHMTOP" rm key:0x5201 >/dev/null
if has_nobody "of another owner"; then
    sed -i 's/^uid .*/uid 65534/; s/^gid .*/gid 65534/' "$copy.facts"
    run "$SHMTOP" restore "$copy"
    is "$(ipcs -m | awk '/^0x00005201/ { print $3 }')" nobody "of another owner"
    "$SHMTOP" rm key:0x5201 >/dev/null
fi
echo "key 0x1" >>"$copy.facts"
fails 1 "cannot be told from the .facts" "damaged facts" "$SHMTOP" restore "$copy"
rm "$copy.facts"
fails 1 "cannot be told from the .facts" "no facts" "$SHMTOP" restore "$copy"
make /dev/shm/ring
sum=$(md5sum </dev/shm/ring)
run "$SHMTOP" rm --save "$tmp/copies" --now --json /ring
copy=$(value 'd["items"][0]["item"]')
exits 0 "restore an object from its copy" "$SHMTOP" restore "$copy"
is "$(md5sum </dev/shm/ring) $(stat -c '%a %s' /dev/shm/ring)" "$sum 640 70000" "bytes, mode and size"
fails 1 "nosuch" "a directory for copies that is not there" "$SHMTOP" rm --save "$tmp/nosuch" /ring
mkdir "$tmp/full"
id=$("$SHMTOP" create --sysv --key 0x5202 --size 1M)
"$SHMTOP" write "$id" --offset 0 --text "$(printf 'x%.0s' {1..9000})" >/dev/null 2>&1
if mount -t tmpfs -o size=4k tmpfs "$tmp/full" 2>/dev/null; then
    fails 1 "$id: its copy could not be written.*nothing was removed.*ENOSPC" "no room for the copy" "$SHMTOP" rm --save "$tmp/full" "$id"
    is "$(ipcs -m | grep -c 0x00005202) $(ls "$tmp/full")" "1 " "nothing is removed and nothing left of it"
    run "$SHMTOP" rm --save "$tmp/full" /ring
    is "$status $(grep -c "^shmtop: posix:/ring: its copy could not be written.*ENOSPC" "$err")" "1 1" "nor for that of an object"
    is "$(md5sum </dev/shm/ring)" "$sum" "which is back in its place"
    umount "$tmp/full"
else
    skip "no room for the copy" "tmpfs cannot be mounted here"
fi
"$SHMTOP" rm key:0x5202 >/dev/null
rm /dev/shm/ring

# --- without a journal ---
mkdir "$tmp/file" && touch "$tmp/file/shmtop"
make /dev/shm/ring
run env XDG_STATE_HOME="$tmp/file" "$SHMTOP" rm /ring
is "$status $(grep -c 'no journal can be kept' "$err")" "0 1" "where no journal can be kept it says so, and goes on"
exits 0 "restore without a journal" env XDG_STATE_HOME="$tmp/file" "$SHMTOP" restore --json
is "$(value '[(i["id"], i["because"]) for i in d["items"]]')" "[('posix:/ring', [])]" "the item tells its name by itself"
exits 0 "drop" "$SHMTOP" restore --drop --older-than 0s

# --- what others have put in its place ---
make /dev/shm/ring
if has_nobody "a directory of another user" "a link" "a file" "another user's item" "the time of another user"; then
    for trap in 'as_nobody mkdir -m 0777 "$quarantine"' 'ln -s /tmp "$quarantine"' 'touch "$quarantine"'; do
        eval "$trap"
        before=$(facts /dev/shm/ring)
        run "$SHMTOP" rm /ring
        is "$status $(items | wc -l) $(ls "$quarantine/" 2>/dev/null | grep -cE '^[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$')" "0 1 0" "in its place: ${trap%% \"*}"
        run "$SHMTOP" restore "$(items)"
        is "$(facts /dev/shm/ring)" "$before" "and it comes back"
        rm -rf "$quarantine"
    done
    as_nobody cp /dev/shm/ring /dev/shm/theirs 2>/dev/null || as_nobody sh -c 'echo x >/dev/shm/theirs'
    run as_nobody env HOME=/nowhere XDG_STATE_HOME=/nowhere "$SHMTOP" rm /theirs
    is "$status $(ls -d /dev/shm/.shmtop-65534) $(items)" "0 /dev/shm/.shmtop-65534 " "an ordinary user has his own quarantine"
    is "$(as_nobody env HOME=/nowhere "$SHMTOP" restore --no-headings | wc -l)" 1 "and lists it"
    run as_nobody env HOME=/nowhere XDG_STATE_HOME=/nowhere "$SHMTOP" rm /ring
    is "$status $(facts /dev/shm/ring | cut -d' ' -f1)" "1 ${before%% *}" "what belongs to others he cannot move"
    as_nobody env HOME=/nowhere "$SHMTOP" restore --drop --older-than 0s >/dev/null
    as_nobody sh -c 'echo x >/dev/shm/theirs'
    echo 'quarantine = 1s' >"$XDG_CONFIG_HOME/shmtop/config"
    run as_nobody env HOME=/nowhere XDG_STATE_HOME=/nowhere "$SHMTOP" rm /theirs
    rm "$XDG_CONFIG_HOME/shmtop/config"
    is "$status $(items)" "0 " "root does not list what others put aside"
    for _ in $(seq 100); do
        [ -e /dev/shm/.shmtop-65534 ] || break
        "$SHMTOP" rm /nosuch >/dev/null 2>&1
        sleep 0.1
    done
    is "$(ls -A /dev/shm)" ring "but frees it when its time is over"
fi

# --- a tmpfs without inodes ---
if mount -t tmpfs -o nr_inodes=3,mode=1777 tmpfs /dev/shm 2>/dev/null; then
    echo a >/dev/shm/a && echo b >/dev/shm/b
    run "$SHMTOP" rm /a
    is "$status $(grep -c "^shmtop: posix:/a: .*no inode.*ENOSPC.*--now" "$err")" "1 1" "no inode for a quarantine"
    is "$(cat /dev/shm/a)$(ls -A /dev/shm | wc -l)" a2 "nothing is lost"
    exits 0 "--now needs none" "$SHMTOP" rm --now /a
    is "$(ls -A /dev/shm)" b "and frees it"
    umount /dev/shm
else
    skip "no inode for a quarantine" "tmpfs cannot be mounted here"
fi

# --- a file of another tmpfs, which somebody maps ---
mkdir "$tmp/other"
if mount -t tmpfs tmpfs "$tmp/other" 2>/dev/null; then
    mkdir "$tmp/other/deep"
    make "$tmp/other/deep/file"
    hold "import mmap, os
f = os.open('$tmp/other/deep/file', os.O_RDWR); m = mmap.mmap(f, 4096)"
    before=$(facts "$tmp/other/deep/file")
    seg=file:$tmp/other/deep/file
    run "$SHMTOP" rm "$seg"
    is "$status" 4 "a file in use is refused"
    run "$SHMTOP" rm --force --save "$tmp/copies" "$seg"
    is "$status $(facts "$tmp/other/deep/file")" "4 $before" "no copies are kept of files"
    exits 0 "with force" "$SHMTOP" rm --force --json "$seg"
    item=$(value 'd["items"][0]["item"]')
    is "$(find "$tmp/other" -type f | wc -l) $(stat -c %a "$tmp/other/.shmtop-$user")" "1 700" "it goes to a quarantine of its own tmpfs"
    is "$("$SHMTOP" restore --no-headings | awk '{ print $1, $2 }')" "$item $seg" "which is listed"
    exits 0 "restore the file" "$SHMTOP" restore "$item"
    is "$(facts "$tmp/other/deep/file") $(ls -A "$tmp/other")" "$before deep" "as it was"
    release "$holder"
    umount "$tmp/other"
else
    skip "a file of another tmpfs" "tmpfs cannot be mounted here"
fi

# --- another mount namespace ---
if unshare --mount true 2>/dev/null; then
    exec {hold_fd}< <(exec unshare --mount sh -c 'mount -t tmpfs tmpfs /dev/shm && echo there >/dev/shm/far && chmod 0604 /dev/shm/far && echo ready && exec sleep 1000')
    holder=$!
    holders+=("$holder")
    read -r _ <&"$hold_fd"
    mnt=$(readlink "/proc/$holder/ns/mnt")
    mnt=${mnt//[!0-9]/}
    far=/proc/$holder/root/dev/shm
    before=$(facts "$far/far")
    run "$SHMTOP" rm --json "posix:/far@$mnt"
    item=$(value 'd["items"][0]["item"]')
    is "$status ${item#*@} $(ls -A "$far")" "0 $mnt .shmtop-$user" "an object of another namespace goes to a quarantine there"
    is "$(items) $(items --all-namespaces)" " $item" "and is listed with all namespaces"
    exits 0 "restore it there" "$SHMTOP" restore "$item"
    is "$(facts "$far/far") $(ls -A "$far")" "$before far" "as it was"
    release "$holder"
fi
tap_done
