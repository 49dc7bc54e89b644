#!/usr/bin/env bash
# The words of the command line: help, version, options before and after, what is refused and how.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns

# --- help and version ---
for words in --help -h 'list --help' 'list -h' '-h list' 'show --help' '--help dump' 'create -h' 'write -h' 'rm --help' 'watch -h' 'set --help' 'kill -h'; do
    # shellcheck disable=SC2086
    exits 0 "help: $words" "$SHMTOP" $words
    grep -q '^usage: shmtop' "$out" && ! grep -nE '.{101}' "$out"
    ok "help is there and fits: $words"
done
run "$SHMTOP" --help
for c in list show dump watch create write set rm kill; do
    grep -qE "^  $c +[a-z]" "$out"
    ok "help names $c"
done
# What help does not name is no command, whatever is planned.
for c in reap restore ledger record replay export locks help nosuch; do
    run "$SHMTOP" --help
    grep -qE "^  $c " "$out" && continue
    fails 2 "$c: there is no such command" "$c is not named and not known" "$SHMTOP" $c
done
for o in --json -R --read-only --root --all-namespaces -V -d -s -u -p -t -C --no-color -M --no-mouse -U --ascii --theme --linear --once; do
    run "$SHMTOP" --help
    grep -qE -- "(^| )$o\b" "$out"
    ok "help names $o"
done
exits 0 "version" "$SHMTOP" --version
is "$(cat "$out")" "shmtop 0.1.0" "version is printed"
exits 0 "version after a command" "$SHMTOP" list -V
exits 0 "version in a cluster of letters" "$SHMTOP" -RV

# --- no terminal: the table, once ---
exits 0 "without a terminal the table is printed" "$SHMTOP"
head -n 1 "$out" | grep -q '^ID '
ok "it has headings"
exits 0 "--once prints the table" "$SHMTOP" --once
exits 0 "options of the monitor are legal without a terminal" "$SHMTOP" -d 0.5 -s size -u root -p 1 -t -C -M -U --theme mono --linear
exits 0 "--json without a command prints JSON" "$SHMTOP" --json
python3 -m json.tool <"$out" >/dev/null
ok "and it is JSON"
TERM=dumb exits 0 "a dumb TERM does not matter without a terminal" "$SHMTOP"

# --- places of options ---
exits 0 "options before the command" "$SHMTOP" --json -R list
exits 0 "options after the command" "$SHMTOP" list --json -R
exits 0 "options between" "$SHMTOP" --json list -R kind:sysv --no-headings
exits 0 "value with =" "$SHMTOP" list --sort=size
exits 0 "value in the same word" "$SHMTOP" list -oid,size
exits 0 "-- ends options" "$SHMTOP" list -- kind:sysv
run "$SHMTOP" list -- --json
[ "$status" = 0 ] && ! grep -q '{' "$out"
ok "after -- an option is a word"

# --- usage errors: one line, 2 ---
while IFS='|' read -r pattern words; do
    # shellcheck disable=SC2086
    fails 2 "$pattern" "usage: $words" "$SHMTOP" $words
done <<'WORDS'
--bogus: there is no such option|--bogus
--bogus: there is no such option|list --bogus
there is no such option|list -Z
there is no such option|list --js
takes no value|list --json=yes
--root: the DIR it needs is missing|--root
-o: the COLUMN.* it needs is missing|list -o
nosuch: there is no such command|nosuch
-o bogus: names no column|list -o bogus
-o id,: is not a list of columns|list -o id,
-o ,id: is not a list of columns|list -o ,id
--sort bogus: is no column|list --sort bogus
-s bogus: is no column|-s bogus
-d 0: is not a number of seconds|-d 0
-d x: is not a number of seconds|-d x
-d 1e9: is not a number of seconds|-d 1e9
-p 0: is not a process number|-p 0
-p -1: is not a process number|-p -1
--theme pink: is no theme|--theme pink
--bytes: needs a command|--bytes
--once: does not go with list|list --once
-s: does not go with list|list -s size
--json: does not go with dump|dump --json /x
FILTER|list size>>1
FILTER|list kind:nosuch
show: the SEG it needs is missing|show
dump: the SEG it needs is missing|dump
write: the SEG it needs is missing|write --offset 0 --hex 00
rm: the SEG it needs is missing|rm
y: is one word too many|show /x y
y: is one word too many|dump /x y
bogus: is not sysv:ID|show bogus
sysv:x: a shmid is a number|show sysv:x
sysv:-1: a shmid is a number|rm sysv:-1
the name has a \.\. component|show /a/../b
the name must begin with /|show posix:a
--offset 12Q: is not a size|dump /x --offset 12Q
--offset -1: is not a size|dump /x --offset -1
--length 99999999999999999999: is too large|dump /x --length 99999999999999999999
create: needs either --sysv or --posix|create --size 1
create: needs either --sysv or --posix|create --sysv --posix x --size 1
create: needs --size|create --posix x
needs --size|create --sysv
--size: must be more than 0|create --sysv --size 0
--key: goes with --sysv only|create --posix x --size 1 --key 1
--huge: goes with --sysv only|create --posix x --size 1 --huge 2M
--huge 3M: is neither 2M nor 1G|create --sysv --size 1 --huge 3M
--mode 999: is not an octal mode|create --sysv --size 1 --mode 999
--mode 1777: is not an octal mode|create --sysv --size 1 --mode 1777
--key 0x123456789: is not a key|create --sysv --size 1 --key 0x123456789
the name has a \.\. component|create --posix ../x --size 1
the name has an empty component|create --posix a//b --size 1
extra: is one word too many|create --sysv --size 1 extra
write: needs --offset|write /x --hex 00
write: needs exactly one of|write /x --offset 0
write: needs exactly one of|write /x --offset 0 --hex 00 --text a
--hex 0: is not made of pairs|write /x --offset 0 --hex 0
--hex zz: is not made of pairs|write /x --offset 0 --hex zz
--expect 1: is not made of pairs|write /x --offset 0 --hex 00 --expect 1
--save: the DIR it needs is missing|rm /x --save
watch: the SEG it needs is missing|watch
--interval 0: is not a number of seconds|watch /x --interval 0
--interval 0.001: is not a number of seconds|watch /x --interval 0.001
--count 0: is not a number above 0|watch /x --count 0
--count -1: is not a number above 0|watch /x --count -1
--raw: does not go with watch|watch /x --raw
set: needs --mode|set /x
set: needs --mode|set /x --force
set: takes --lock or --unlock|set sysv:1 --lock --unlock
--size: does not go with System V|set sysv:1 --size 1
--size: does not go with System V|set key:0x1 --size 1
--lock: goes with System V|set /x --lock
--unlock: goes with System V|set /x --unlock
--owner nosuchuser: names no user|set /x --owner nosuchuser
--owner root:nosuchgroup: names no user|set /x --owner root:nosuchgroup
--owner :root: names no user|set /x --owner :root
--owner 4294967295: names no user|set /x --owner 4294967295
--force: does not go with show|show /x --force
kill: the SEG it needs is missing|kill
y: is one word too many|kill /x /y
--signal NOSUCH: is no signal|kill /x --signal NOSUCH
--signal 0: is no signal|kill /x --signal 0
--signal 65: is no signal|kill /x --signal 65
--force: does not go with write|write /x --offset 0 --hex 00 --force
is not a captured root|list --root /nonexistent
WORDS
fails 2 "--text: holds no bytes" "usage: empty --text" "$SHMTOP" write /x --offset 0 --text ''
fails 2 "--hex : holds no bytes|--hex '': holds no bytes" "usage: empty --hex" "$SHMTOP" write /x --offset 0 --hex ''
fails 2 "there is no such command" "usage: an empty word" "$SHMTOP" ''

# --- hostile words: still one printable line ---
for word in $'a\nb' $'\e[2J' $'\xff\xfe' $'x\x7f' "$(printf 'y%.0s' {1..9000})" $'\u202e' '%n%s%d'; do
    fails 2 "there is no such command" "hostile command" "$SHMTOP" "$word"
    fails 2 "shmtop" "hostile option" "$SHMTOP" "--$word"
    fails 2 "shmtop" "hostile value" "$SHMTOP" list --sort "$word"
    fails 2 "shmtop" "hostile SEG" "$SHMTOP" show "$word"
    run "$SHMTOP" list "name~$word"
    { [ "$status" = 0 ] && [ ! -s "$err" ]; } || { [ "$status" = 2 ] && is_error_line; }
    ok "hostile filter"
done
for word in $'/a\nb' $'/\e[2J' $'/\xff\xfe' "/$(printf 'y%.0s' {1..3000})" '/%n%s%d'; do
    fails 3 "there is no such segment" "hostile name" "$SHMTOP" show "$word"
    fails 3 "there is no such segment" "hostile name to rm" "$SHMTOP" rm "$word"
done

# --- the order of judging ---
fails 2 "bogus" "words before read-only mode" "$SHMTOP" -R rm bogus
fails 4 "rm: nothing may be changed in read-only mode" "read-only mode before existence" "$SHMTOP" -R rm /nosuch
fails 4 "create: nothing may" "create in read-only mode" "$SHMTOP" create -R --posix ro --size 1
fails 4 "set: nothing may" "set in read-only mode" "$SHMTOP" set -R /ro --mode 600
fails 4 "kill: nothing may" "kill in read-only mode" "$SHMTOP" kill -R /ro
fails 4 "write: nothing may" "write in read-only mode" "$SHMTOP" write --read-only /ro --offset 0 --hex 00
is "$(find /dev/shm -type f)" "" "read-only mode created nothing"
fails 3 "posix:/nosuch: there is no such segment" "show of nothing" "$SHMTOP" show /nosuch
fails 3 "sysv:77: there is no such segment" "dump of nothing" "$SHMTOP" dump sysv:77
fails 3 "key:0x52: there is no such segment" "a key nobody has" "$SHMTOP" show key:0x52
fails 3 "there is no such segment" "watch of nothing" "$SHMTOP" watch /nosuch
fails 3 "there is no such segment" "set of nothing" "$SHMTOP" set /nosuch --mode 600
fails 3 "there is no such segment" "kill of nothing" "$SHMTOP" kill /nosuch
fails 3 "there is no such segment" "write to nothing" "$SHMTOP" write /nosuch --offset 0 --hex 00
fails 3 "there is no such segment" "rm of nothing" "$SHMTOP" rm /nosuch
is "$(find /dev/shm -type f)" "" "naming created nothing"
tap_done
