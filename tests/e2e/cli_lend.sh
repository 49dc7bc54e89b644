#!/usr/bin/env bash
# Root in the /dev/shm of a rootless container, which has no place for root: what root makes, puts
# aside and brings back there it does as the owner.
# shellcheck source=tests/support/tap.sh
. "$(dirname "$0")/../support/tap.sh"
need_private_ns
if [ "$(id -u)" != 0 ] || ! as_nobody unshare -Ur --ipc --mount true 2>/dev/null; then
    echo "root, and an ordinary user with a user namespace, cannot be had here"
    exit 77
fi
exec {hold_fd}< <(exec setpriv --reuid=65534 --regid=65534 --clear-groups unshare -Ur --ipc --mount python3 -c '
import ctypes, os, signal
assert ctypes.CDLL(None).mount(b"tmpfs", b"/dev/shm", b"tmpfs", 0, b"mode=1777") == 0
os.umask(0)
os.mkdir("/dev/shm/qb-4194301-4194302-12-abcdef", 0o750)
for name in "free", "qb-4194301-4194302-12-abcdef/ring":
    with open("/dev/shm/" + name, "w", opener=lambda path, flags: os.open(path, flags, 0o640)) as f:
        f.write("theirs")
print("ready", flush=True)
signal.pause()')
there=$!
holders+=("$there")
read -r line <&"$hold_fd"
exec {hold_fd}<&-
[ "$line" = ready ]
ok "a container was made"
mnt=$(readlink "/proc/$there/ns/mnt" | tr -dc 0-9)
shm=/proc/$there/root/dev/shm
everything() { (cd "$shm" && find . -mindepth 1 -printf '%p %i %m %U %G %s\n' | sort); }
! mkdir "$shm/x" 2>/dev/null
ok "root can make nothing there"
before=$(everything)

exits 0 "an object is put aside" "$SHMTOP" rm --force "posix:/free@$mnt"
item=$(grep -o 'item:[^)]*' "$out")
is "$(cd "$shm" && stat -c '%n %a %u' .shmtop-*)" ".shmtop-65534.0 700 65534" "in a directory of the owner"
exits 0 "it is listed" "$SHMTOP" restore --all-namespaces --no-headings
is "$(awk '{ print $1 }' "$out")" "$item" "as an item"
exits 0 "it comes back" "$SHMTOP" restore "$item"
is "$(everything)" "$before" "and all is as it was"

exits 0 "a folder is put aside" "$SHMTOP" rm --force "posix:/qb-4194301-4194302-12-abcdef/ring@$mnt"
item=$(grep -o 'item:[^)]*' "$out")
rmdir "$shm/qb-4194301-4194302-12-abcdef"
exits 0 "and comes back" "$SHMTOP" restore "$item"
is "$(everything | sed 's/abcdef [0-9]*/abcdef/')" "$(echo "$before" | sed 's/abcdef [0-9]*/abcdef/')" \
    "with mode and owner"

exits 0 "it is freed at once" "$SHMTOP" rm --force --now "posix:/free@$mnt"
! grep -q 'could not be moved' "$err" && [ ! -e "$shm/free" ] && ! compgen -G "$shm/.shmtop-*" >/dev/null
ok "by way of quarantine, of which nothing stays"
exits 0 "an object is made" "$SHMTOP" create --posix /new --size 4096 --mode 0640 --namespace "$mnt"
is "$(stat -c '%a %u %s' "$shm/new")" "640 65534 4096" "which is the owner's"
exits 0 "and put aside" "$SHMTOP" rm --force "posix:/new@$mnt"
run as_nobody env HOME="$tmp" "$SHMTOP" restore --all-namespaces --no-headings
is "$(awk '{ print $1 }' "$out")" "$("$SHMTOP" restore --all-namespaces --no-headings | awk '{ print $1 }')" \
    "the owner finds it in quarantine too"

# A name like that is nothing special in a /dev/shm that knows root.
mkdir -m 0700 /dev/shm/.shmtop-65534.0
echo x >/dev/shm/object
chown -R 65534:65534 /dev/shm/.shmtop-65534.0
item=1-$(stat -c %i /dev/shm/object)-19a3b2c4d5e
mv /dev/shm/object "/dev/shm/.shmtop-65534.0/$item"
exits 0 "what lies in such a directory here" "$SHMTOP" restore --no-headings
is "$(cat "$out")" "" "is another user's"
tap_done
