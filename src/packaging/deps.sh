#!/bin/sh
# Installs by name what a target needs, when something is missing. Exit 2: it could not.
# usage: deps.sh run|test|bench|fuzz|lint|deb|screenshots
set -u
build='gcc libc6-dev make pkg-config libncurses-dev libproc2-dev libsmartcols-dev libjansson-dev libinih-dev'
test='libcmocka-dev libvterm-dev util-linux procps tmux python3 git'
# Software that leaves shared memory behind, for the tests that start it. PostgreSQL would also be
# started as a service where there are services: there its tests are skipped.
software='xvfb libxext6 openmpi-bin python3-joblib'
[ -d /run/systemd/system ] || software="$software postgresql"
test="$test $software"
shots='librsvg2-bin fonts-dejavu-core imagemagick gifsicle'
case "${1:-run}" in
run) want=$build ;;
test) want="$build $test" ;;
bench) want="$build $test lsof psmisc htop btop" ;;
fuzz) want="$build clang libclang-rt-dev" ;;
lint) want="$build $test clang clang-tidy clang-format-14 cppcheck" ;;
deb) want="$build debhelper dpkg-dev lintian" ;;
screenshots) want="$build $test $shots" ;;
*) echo "deps.sh: no such set: $1" >&2; exit 2 ;;
esac

missing=
if command -v dpkg-query >/dev/null 2>&1; then
    for p in $want; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
    done
else
    # Not Debian: enough that the tools and libraries answer.
    { command -v cc && command -v pkg-config &&
        pkg-config --exists ncursesw libproc2 smartcols jansson inih; } >/dev/null 2>&1 && exit 0
    echo "shmtop needs these packages (named as in Debian); install them and try again:" >&2
    echo "  $want" >&2
    exit 2
fi
[ -z "$missing" ] && exit 0

as=
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        as=sudo
    else
        echo "These packages are missing and only root can install them:" >&2
        echo "  apt-get install --no-install-recommends$missing" >&2
        exit 2
    fi
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # $as may be empty, $missing is a list
$as apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 ||
    { $as apt-get update -q >/dev/null && $as apt-get install -y -q --no-install-recommends $missing >/dev/null; } ||
    { echo "could not install; try: apt-get install --no-install-recommends$missing" >&2; exit 2; }
