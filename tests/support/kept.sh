# Keeps one server for one test process: kept LOG COMMAND…
#
# It says the server's id, and kills the server when its input ends: when the test says so, or when the test process ends, however
# that happened.
log=$1
shift
trap '' HUP INT TERM PIPE
"$@" </dev/null >>"$log" 2>&1 &
server=$!
echo "$server"
read -r _
kill -9 "$server"
wait
