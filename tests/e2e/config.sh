#!/usr/bin/env bash
# The user's configuration on the command line: broken files, hostile places, what commands heed.
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
export XDG_CONFIG_HOME=$tmp/config
dir=$XDG_CONFIG_HOME/shmtop file=$dir/config
mkdir -p "$dir"
chmod -R 0755 "$tmp"
head -c 4096 /dev/zero >/dev/shm/kept
shmid=$(python3 -c 'import ctypes; print(ctypes.CDLL(None).shmget(0, ctypes.c_size_t(4096), 0o1600))')

notes() { # notes STATUS PATTERN NAME COMMAND...: one note line, and the command does its work
    local want=$1 pattern=$2 name=$3
    shift 3
    run "$@"
    [ "$status" = "$want" ] && [ -s "$out" ] && [ "$(wc -l <"$err")" = 1 ] &&
        grep -qE -e "^shmtop: note: $pattern" "$err" && ! grep -q '[[:cntrl:]]' "$err"
    local good=$?
    [ $good = 0 ]
    ok "$name"
    [ $good = 0 ] || { echo "# status $status"; says; }
}
quiet() { # quiet NAME COMMAND...
    local name=$1
    shift
    run "$@"
    [ "$status" = 0 ] && [ -s "$out" ] && [ ! -s "$err" ]
    ok "$name"
    [ "$status" = 0 ] && [ ! -s "$err" ] || says
}

quiet "no file is no fault" "$SHMTOP" list
printf 'delay = 2\nsort = name\n' >"$file"
quiet "a good file is read in silence" "$SHMTOP" list
before=$(cat "$file"; stat -c '%Y %i' "$file")
"$SHMTOP" list >/dev/null
is "$(cat "$file"; stat -c '%Y %i' "$file")" "$before" "reading it leaves it as it is"

printf 'delay = 2\nspeed = 9\n\nascii = perhaps\n' >"$file"
notes 0 "$file:2: speed: there is no such setting \(and 1 more\)" "what is wrong is noted by its line" "$SHMTOP" list
notes 0 "$file:2: " "with JSON too" "$SHMTOP" list --json
python3 -m json.tool "$out" >/dev/null
ok "which stays JSON"
exits 0 "the help needs no configuration" "$SHMTOP" --help
is "$(grep -c . "$err")" 0 "and says nothing of it"
printf '\x1b]0;title\a\x80 = 1\n' >"$file"
notes 0 "$file:1: .*x1b.*there is no such setting" "hostile bytes are escaped" "$SHMTOP" list
printf 'delay = 1\0\n' >"$file"
notes 0 "$file: is no text" "a byte of zero is said" "$SHMTOP" list
head -c 2000000 /dev/zero | tr '\0' a >"$file"
notes 0 "$file: cannot be read \(EFBIG\)" "a file of megabytes is said" "$SHMTOP" list
rm "$file"; mkfifo "$file"
notes 0 "$file: cannot be read" "a FIFO does not stop it" timeout 20 "$SHMTOP" list
rm "$file"; mkdir "$file"
notes 0 "$file: cannot be read" "a directory neither" "$SHMTOP" list
rmdir "$file"; ln -s config "$file"
notes 0 "$file: cannot be read \(ELOOP\)" "nor a link to itself" "$SHMTOP" list
rm "$file"

# --- places
for place in relative/path "" /dev/null "$tmp/none/$(printf 'x%.0s' {1..300})" "$(printf '/y%.0s' {1..3000})"; do
    XDG_CONFIG_HOME=$place quiet "the place ${place:0:16} is no reason to fail" "$SHMTOP" list
done
mkdir -p "$tmp/.config/shmtop"
echo 'nonsense' >"$tmp/.config/shmtop/config"
XDG_CONFIG_HOME=relative notes 0 "$tmp/.config/shmtop/config:1: " "a relative place is ignored for ~/.config" "$SHMTOP" list
HOME=. XDG_CONFIG_HOME='' quiet "without a home there is no file" "$SHMTOP" list

# --- what commands heed
echo 'read-only = yes' >"$file"
fails 4 'read-only.*configuration' "read-only holds for rm" "$SHMTOP" rm /kept
[ -e /dev/shm/kept ]
ok "and the object is still there"
fails 4 'read-only' "and for create" "$SHMTOP" create --posix /new --size 4K
echo 'older-than = 0s' >"$file"
state() { "$SHMTOP" leaks "$@" --json | python3 -c "import json, sys
print([s['verdict']['state'] for s in json.load(sys.stdin)['segments'] if s['id'] == 'sysv:$shmid'])"; }
is "$(state)" "['orphan']" "older-than is the age floor of leaks"
is "$(state --older-than 1h)" "['young']" "and the command line beats it"
printf 'sort = size inverted\ncolumns = mode\nfilter = nothing\nall-namespaces = yes\n' >"$file"
"$SHMTOP" list >"$tmp/with"
rm "$file"
"$SHMTOP" list >"$tmp/without"
cmp -s "$tmp/with" "$tmp/without"
ok "what is of the screen alone changes no output"

# --- themes
mkdir "$dir/themes"
echo 'base = light' >"$dir/themes/mine"
exits 0 "a theme file can be named" "$SHMTOP" --theme mine --once
for theme in pink ../themes/mine .hidden 'a b' ''; do
    fails 2 'is no theme' "theme \"$theme\" is refused" "$SHMTOP" --theme "$theme"
done
rm /dev/shm/kept
tap_done
