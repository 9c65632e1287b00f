#!/bin/sh
# Tries the admin API by its own OpenAPI document: schemathesis makes requests from it, good and bad ones, one alone and
# one after the other, and judges the replies by all its checks. Fails when it finds any failure.
#
#   scripts/test-api.sh PROGRAM     EXAMPLES=15 for each operation, in the phases that make them up
set -eu
program=$1
here=$(cd "$(dirname "$0")/.." && pwd)
venv="$here/tests/api/.venv"
[ -x "$venv/bin/schemathesis" ] || python3 -m venv "$venv"
"$venv/bin/pip" install -q --disable-pip-version-check -r "$here/tests/api/requirements.txt"

work=$(mktemp -d)
server=
end() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap end EXIT
trap 'exit 1' INT TERM

# Requests with a wrong key come by the hundred from one address.
ROLLCALL__LIMITS__FAILURES_PER_MINUTE=0 "$program" serve --demo --listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 \
    --database "sqlite://$work/members.db" >"$work/out" 2>"$work/log" &
server=$!
waited=0
until grep -q '/admin/v1' "$work/out"; do
    waited=$((waited + 1))
    if [ "$waited" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        cat "$work/log" >&2
        exit 1
    fi
    sleep 0.1
done
admin=$(sed -n 's/^admin on //p' "$work/out")
key=$(sed -n 's/.*Bearer \([0-9a-f]*\).*\/admin\/v1.*/\1/p' "$work/out")

cd "$work"
cp "$here/schemathesis.toml" .
"$venv/bin/schemathesis" run "$admin/admin/v1/openapi.json" -H "Authorization: Bearer $key" --checks all \
    --phases examples,coverage,fuzzing,stateful --max-examples "${EXAMPLES:-15}"
# Whatever it asked, the gateway is still there, and nothing it did is a fault of ours.
kill -0 "$server"
if grep -E ' ERROR |panicked' "$work/log" >&2; then exit 1; fi
