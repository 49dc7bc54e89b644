#!/usr/bin/env bash
# Builds every fuzz target with clang and libFuzzer and runs each for a while.
# usage: tests/fuzz/run.sh BUILD     SECONDS_EACH=30
set -eu
cd "$(dirname "$0")/../.."
build=$1
mkdir -p "$build"
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    more=()
    [ "$name" = fuzz_probes ] && more=(probes/*.c $(pkg-config --cflags --libs libproc2 jansson))
    clang -std=gnu17 -D_GNU_SOURCE -Isrc -I. -O1 -g -pthread -fsanitize=fuzzer,address,undefined \
        -fno-sanitize-recover=undefined "$target" src/core/*.c "${more[@]}" -o "$build/$name"
    mkdir -p "$build/corpus-$name"
    echo "$name: ${SECONDS_EACH:-30} s"
    "$build/$name" -max_total_time="${SECONDS_EACH:-30}" -max_len=512 -print_final_stats=1 \
        -artifact_prefix="$build/" "$build/corpus-$name" 2>"$build/$name.log" ||
        { tail -n 40 "$build/$name.log"; exit 1; }
    grep -E 'number_of_executed_units|new_units_added' "$build/$name.log"
done
