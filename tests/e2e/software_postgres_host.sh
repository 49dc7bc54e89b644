#!/usr/bin/env bash
# PostgreSQL with its System V segment and its parallel workers' objects: what lives is never left
# behind nor removed, what was killed is.
# shellcheck source=tests/support/software.sh
. "$(dirname "$0")/../support/software.sh"
PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
for program in postgres initdb psql; do
    command -v $program >/dev/null || {
        echo "postgresql is not installed: there is no $program"
        exit 77
    }
done

mkdir "$tmp/new" && chown 65534:65534 "$tmp/new"
as_nobody initdb -D "$tmp/new/data" -A trust -N >"$tmp/initdb" 2>&1
# Busy is a query with parallel workers that ends when it is cancelled; idle is a server without
# sessions.
cat >"$tmp/pg.sh" <<'PG'
sql() { psql -X -q -A -t -h "$HOME" -U nobody -c "$parallel" -c "$1" postgres; }
parallel="set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0; set parallel_tuple_cost = 0"
postgres -D "$HOME/data" -c listen_addresses= -c unix_socket_directories="$HOME" -c fsync=off \
    -c dynamic_shared_memory_type=posix >"$HOME/server" 2>&1 &
until sql "select" 2>/dev/null; do
    kill -0 $! || exit
    sleep 0.05
done
echo ready
while read -r word; do
    case $word in
    busy)
        sql "select count(*) from pg_attribute where pg_sleep(0.1) is not null" 2>/dev/null &
        query=$!
        until [ "$(sql "select count(*) from pg_stat_activity where backend_type = 'parallel worker'")" -gt 0 ]
        do sleep 0.05; done
        ;;
    idle)
        sql "select pg_cancel_backend(pid) from pg_stat_activity
            where backend_type = 'client backend' and pid <> pg_backend_pid()" >/dev/null
        wait "$query"
        ;;
    work)
        sql "explain (analyze) select count(*) from pg_attribute" |
            grep -q 'Workers Launched: [1-9]' || word="no worker"
        sql "create table if not exists kept (n int); insert into kept values (1)" 2>/dev/null ||
            word="no change"
        ;;
    esac
    echo "$word"
done
PG
postgres() { # postgres NAME PLACE
    mkdir "$tmp/$1"
    cp -a "$tmp/new/data" "$tmp/$1/data"
    launch "$1" "$2" env PATH="$PATH" sh "$tmp/pg.sh"
    answers "$1" ready
}
dead='orphan|suspect'

postgres beside here
is_up PostgreSQL || tap_done
life PostgreSQL beside
# The namespaces of another one do not keep what was left in these.
for where in "${places[@]}"; do
    [ "$where" != pid ] || continue
    postgres "$where" "$where"
    is_up "PostgreSQL in ${called[$where]}" || tap_done
    life "PostgreSQL in ${called[$where]}" "$where"
    death "PostgreSQL in ${called[$where]}" "$where" "$where"
    works "PostgreSQL beside that" beside
done
# In the same place nobody can know whose it was as long as one of them runs.
postgres pid pid
is_up "PostgreSQL in a pid namespace" || tap_done
life "PostgreSQL in a pid namespace" pid
murder pid pid
ok "PostgreSQL in a pid namespace: killed"
judge "PostgreSQL killed beside another one" pid 'orphan|protected'
kept "PostgreSQL killed beside another one" --suspects kind:posix
works "PostgreSQL beside a dead one" beside
murder beside here
ok "PostgreSQL: killed"
left "PostgreSQL killed" beside "$dead" --suspects "uid=${uid[beside]}"
left "PostgreSQL in a pid namespace, the other one killed too" pid "$dead" --suspects
tap_done
