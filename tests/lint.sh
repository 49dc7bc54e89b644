#!/usr/bin/env bash
# Format, gcc and clang with every warning as an error, clang-tidy and cppcheck. One line a tool.
set -u
cd "$(dirname "$0")/.." || exit 2
mapfile -t c < <(git ls-files '*.c')
mapfile -t all < <(git ls-files '*.c' '*.h')
bad=0
say() { # say NAME STATUS LOG
    if [ "$2" = 0 ]; then echo "ok    $1"; else echo "FAIL  $1"; tail -n 40 "$3"; bad=1; fi
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
clang-format-14 --dry-run -Werror "${all[@]}" >"$log" 2>&1; say clang-format $? "$log"
for cc in gcc clang; do
    make -j2 tests BUILD=build/lint-$cc CC=$cc WERROR=1 >"$log" 2>&1; say "$cc -Werror" $? "$log"
done
headers=0
for h in $(git ls-files '*.h'); do
    printf '#include "%s"\n' "$h" | gcc -std=gnu17 -D_GNU_SOURCE -Isrc -I. -Itests -fsyntax-only -xc - >>"$log" 2>&1 || headers=1
done
say "headers compile alone" $headers "$log"
flags=(-std=gnu17 -D_GNU_SOURCE '-DSHMTOP_VERSION="0"' -Isrc -I. -Itests)
printf '%s\n' "${c[@]}" | xargs -P 2 -n 8 -I{} clang-tidy --quiet {} -- "${flags[@]}" >"$log" 2>/dev/null
! grep -qE 'warning:|error:' "$log"; say clang-tidy $? "$log"
cppcheck -q --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
    -D_GNU_SOURCE '-DSHMTOP_VERSION="0"' -Isrc -I. --suppress=missingIncludeSystem \
    --suppress=normalCheckLevelMaxBranches src probes ui >"$log" 2>&1; say cppcheck $? "$log"
for s in $(git ls-files '*.sh' .ci/run); do bash -n "$s" || bad=1; done
exit $bad
