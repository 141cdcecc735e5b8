"""`python -m teddy_cloud …` is `teddy cloud …`."""

from __future__ import annotations

import sys

from teddy_shared.cli import main

if __name__ == "__main__":
    sys.exit(main(["cloud", *sys.argv[1:]]))
