# Keeps one PostgreSQL server for one test process: keeper BIN_DIRECTORY PARENT_DIRECTORY SETTINGS
#
# First it says which directory it made. Then orders are lines on standard input, in the words of pg_ctl; each is
# answered with its exit status. The input ends when the test process does, however that happened, because nobody else
# holds the pipe. Then the server is stopped and the directory removed.
bin=$1 parent=$2 settings=$3

# PIPE too: a test process that is killed while it waits no longer reads the answer.
trap '' HUP INT TERM PIPE
directory=$(mktemp -d "$parent/flow-postgres-XXXXXX") || exit 1
data=$directory/data log=$directory/log
cd "$directory" || exit 1
echo "$directory" 2>/dev/null

make_cluster() {
    "$bin/initdb" --pgdata="$data" --username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
        --wal-segsize=1 "$@" </dev/null >>"$log" 2>&1
}

# Text is sorted by a language's rules, as on most servers in production, so that a forgotten `collate "C"` shows.
# A PostgreSQL that was built without ICU sorts by bytes.
make_cluster --locale-provider=icu --icu-locale=en || { rm -rf "$data"; make_cluster; }
printf '%s\n' "$settings" >>"$data/postgresql.conf"

while read -r order; do
    # shellcheck disable=SC2086 # an order is several words
    "$bin/pg_ctl" --pgdata="$data" --log="$log" --wait --timeout=60 $order </dev/null >>"$log" 2>&1
    echo $? 2>/dev/null
done

"$bin/pg_ctl" --pgdata="$data" --mode=immediate --wait stop </dev/null >/dev/null 2>&1
cd / && rm -rf "$directory"
