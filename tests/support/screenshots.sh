#!/usr/bin/env bash
# Makes every picture in screenshots/: plays keys to shmtop over the demo workload in private
# namespaces, takes the cells of its terminal as SVG and turns them into PNG.
# usage: screenshots.sh BUILD
set -u
cd "$(dirname "$0")/../.." || exit 2
build=$1
out=$build/screenshots
mkdir -p "$out"
if [ -z "${SHMTOP_PRIVATE_NS:-}" ]; then
    user=()
    [ "$(id -u)" = 0 ] || user=(-Ur)
    unshare "${user[@]}" --ipc --mount --pid --fork --mount-proc --uts \
        tests/support/in_ns.sh "$0" "$build" || exit
    for svg in "$out"/*.svg; do
        rsvg-convert -z 1.5 "$svg" -o "screenshots/$(basename "$svg" .svg).png" || exit
        echo "screenshots/$(basename "$svg" .svg).png"
    done
    exit
fi
hostname db-01 2>/dev/null
coproc LOAD { exec setsid "$build/tests/support/tools/demo_workload"; }
read -r word <&"${LOAD[0]}"
[ "${word:-}" = ready ] || exit 1
shot() { # shot NAME SIZE THEME KEY... -- ARGUMENT...
    local name=$1 size=$2 theme=$3 keys=()
    shift 3
    while [ $# -gt 0 ] && [ "$1" != -- ]; do keys+=("$1"); shift; done
    shift
    "$build/tests/support/tools/screenshot" "$out/$name.svg" "$size" "$theme" "${keys[@]}" -- \
        "$build/shmtop" --theme "$theme" -d 0.3 "$@" || exit
}
shot segments 30x100 dark '?in-use' Down Down Down '?camera-log' '?RING' '?unknown' --
shot segments-80x24 24x80 dark '?in-use' Down Down Down '?camera-log' --
shot segments-light 30x100 light '?in-use' Down Down Down '?camera-log' '?RING' --
shot hex 30x100 dark '?in-use' Down Down Down Enter '?B/s changed' Down Right Right Right --
shot create 30x100 dark '?in-use' F7 '=demo' Tab '=64M' --
shot remove 30x100 dark '?in-use' Down F9 '?Remove' --
shot help 30x100 dark '?in-use' F1 --
