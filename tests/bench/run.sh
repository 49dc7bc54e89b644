#!/usr/bin/env bash
# Measures shmtop beside its peers on one load in one run and prints one table.
# usage: tests/bench/run.sh BUILD      QUICK=1: a tenth of the load
# Everything happens in private namespaces that end with the run.
set -u
cd "$(dirname "$0")/../.." || exit 2
if [ -z "${SHMTOP_PRIVATE_NS:-}" ]; then
    user=()
    [ "$(id -u)" = 0 ] || user=(-Ur)
    exec unshare "${user[@]}" --ipc --mount --pid --fork --mount-proc \
        tests/support/in_ns.sh "$0" "$1"
fi
# Room for the bytes that are searched.
mount -o remount,size=1g /dev/shm || exit 2
exec python3 tests/bench/bench.py "$1"
