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
    case $name in
    fuzz_probes) more=(probes/*.c) ;;
    fuzz_input) more=(probes/*.c ui/*.c $(ls src/app/*.c | grep -v /main.c)) ;;
    esac
    # shellcheck disable=SC2086,SC2206  # lists of words
    [ ${#more[@]} = 0 ] || more+=(-DSHMTOP_VERSION='"0"' ${FUZZ_FLAGS:-})
    clang -std=gnu17 -D_GNU_SOURCE -Isrc -I. -O1 -g -pthread -fsanitize=fuzzer,address,undefined \
        -fno-sanitize-recover=undefined "$target" src/core/*.c "${more[@]}" -o "$build/$name"
    mkdir -p "$build/corpus-$name"
    i=0
    while IFS= read -r line; do
        printf '%b' "$line" >"$build/corpus-$name/seed-$((i++))"
    done <"tests/fuzz/seeds/$name"
    echo "$name: ${SECONDS_EACH:-30} s"
    "$build/$name" -max_total_time="${SECONDS_EACH:-30}" -max_len=512 -print_final_stats=1 \
        -artifact_prefix="$build/" "$build/corpus-$name" 2>"$build/$name.log" ||
        { tail -n 40 "$build/$name.log"; exit 1; }
    grep -E 'number_of_executed_units|new_units_added' "$build/$name.log"
done
