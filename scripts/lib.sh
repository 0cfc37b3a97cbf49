# Sourced by the other scripts: a Python environment of the project's own, made once, reused until a
# requirements file changes.

die() { echo "$*" >&2; exit 1; }

find_python() {
    for name in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 \
            && "$name" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or newer is needed; install it, or name it: PYTHON=/path/to/python $0"
}

# ensure_environment FILE...: the environment holds what these requirements files list.
ensure_environment() {
    local python wanted stamp
    wanted="$(cat "$@" | cksum)"
    stamp=".venv/.installed-$(printf '%s-' "$@" | tr -c 'a-z-' '_')"
    if [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    python="$(find_python)"
    echo "Setting up the Python environment in .venv (once) ..." >&2
    if ! [ -x .venv/bin/python ]; then
        "$python" -m venv .venv || die "the environment could not be made; on Debian: apt-get install python3-venv"
    fi
    local args=()
    for file in "$@"; do args+=(-r "$file"); done
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "${args[@]}" \
        || die "the packages could not be installed; see the lines above"
    printf '%s' "$wanted" >"$stamp"
}
