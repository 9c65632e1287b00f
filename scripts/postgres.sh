#!/bin/sh
# Makes sure that the PostgreSQL server programs (initdb, postgres) are there: the tests start throw-away servers of
# their own. Installs them through the system's package manager where that is allowed (root, or sudo without a
# password); else says the one line to run and fails. The tests look in the same places (tests/support/postgres.rs).
set -eu

found() {
    if [ -n "${ROLLCALL_POSTGRES_BIN:-}" ]; then
        [ -x "$ROLLCALL_POSTGRES_BIN/initdb" ] && [ -x "$ROLLCALL_POSTGRES_BIN/postgres" ]
        return
    fi
    if command -v initdb >/dev/null 2>&1 && command -v postgres >/dev/null 2>&1; then
        return 0
    fi
    bindir=$(pg_config --bindir 2>/dev/null || true)
    for dir in "${bindir:-/nonexistent}" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql*/bin \
        /usr/libexec/postgresql* /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /usr/local/pgsql/bin; do
        if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
            return 0
        fi
    done
    return 1
}

found && exit 0

# Debian would start a cluster of its own with the package; ours need none.
if command -v apt-get >/dev/null 2>&1; then
    line='apt-get install -y --no-install-recommends postgresql'
    prepare='apt-get update'
elif command -v dnf >/dev/null 2>&1; then
    line='dnf install -y postgresql-server'
    prepare=:
elif command -v apk >/dev/null 2>&1; then
    line='apk add postgresql'
    prepare='apk update'
elif command -v brew >/dev/null 2>&1; then
    line='brew install postgresql@17'
    prepare=:
else
    echo 'The tests need the PostgreSQL server programs (initdb, postgres): install them with your package manager,' >&2
    echo 'or name their directory in ROLLCALL_POSTGRES_BIN.' >&2
    exit 1
fi

as_root=
case $line in
brew*) ;;
*)
    if [ "$(id -u)" -ne 0 ]; then
        as_root='sudo -n'
        if ! sudo -n true 2>/dev/null; then
            echo 'The tests need the PostgreSQL server programs. Run this line, then again what you ran:' >&2
            echo "    sudo $line" >&2
            exit 1
        fi
    fi
    ;;
esac

echo "installing the PostgreSQL server programs: $line" >&2
if [ "$prepare" != : ]; then
    $as_root $prepare >&2
fi
case $line in
apt-get*) $as_root env DEBIAN_FRONTEND=noninteractive $line >&2 ;;
*) $as_root $line >&2 ;;
esac
found || {
    echo "PostgreSQL is installed, but initdb and postgres are not where they are looked for; name their directory in ROLLCALL_POSTGRES_BIN" >&2
    exit 1
}
