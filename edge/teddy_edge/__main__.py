"""`python -m teddy_edge` is the `teddy` command, for a bear without a shell."""

from __future__ import annotations

import sys

from teddy_shared.cli import main

if __name__ == "__main__":
    sys.exit(main())
