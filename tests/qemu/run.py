# SPDX-License-Identifier: BSD-2-Clause
"""`make system-test`: the whole system, as a Debian package in machines under
QEMU.  Prints a table and keeps it; status 1 if any case failed.

Easy to get wrong: without CASE all cases run in this order, and most of them
in one machine, one after another; with CASE only those that it names.
"""
import argparse
import os
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True

import image                                            # noqa: E402
from lab import CASES, Lab                              # noqa: E402
from vm import Failed                                   # noqa: E402
import cases_boot                                       # noqa: E402,F401
import cases_package                                    # noqa: E402,F401
import cases_service                                    # noqa: E402,F401
import cases_usb                                        # noqa: E402,F401
import cases_world                                      # noqa: E402,F401
import cases_disk                                       # noqa: E402,F401
import cases_power                                      # noqa: E402,F401


def table(results):
    lines = [f"{'case':<20} {'result':<7} {'seconds':>7}  measured"]
    for label, result, seconds, figure in results:
        lines.append(f"{label:<20} {result:<7} {seconds:>7.0f}  {figure}")
    return "\n".join(lines) + "\n"


def run_case(lab, function):
    print(f"{function.label}: {function.about}", flush=True)
    began = time.monotonic()
    try:
        figure, result = function(lab), "ok"
    except Exception as e:      # the others are to run in any case
        if not isinstance(e, Failed):
            traceback.print_exc()
        print("    FAILED: " + str(e).replace("\n", "\n    "))
        figure, result = str(e).splitlines()[0][:100], "FAILED"
        if lab.shared is not None:
            print("    " + lab.shared.machine.console(800).replace("\n",
                                                                   "\n    "))
        lab.drop()
    took = time.monotonic() - began
    print(f"  {result}, {took:.0f} s: {figure}", flush=True)
    return function.label, result, took, figure


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    p.add_argument("--deb", required=True, help="the package")
    p.add_argument("--build", default="build", help="where the programs are")
    p.add_argument("--work", default="build-qemu", help="images, results")
    p.add_argument("--cycles", type=int, default=3,
                   help="power cuts of each kind")
    p.add_argument("case", nargs="*", help="only these; all: every one")
    a = p.parse_args()
    known = {f.label: f for f in CASES}
    unknown = [c for c in a.case if c not in known]
    if unknown:
        print(f"no such case: {', '.join(unknown)}; there are "
              + ", ".join(known), file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("building the image needs root", file=sys.stderr)
        return 1
    chosen = [known[c] for c in a.case] or CASES
    lab = Lab(image.Images(os.path.abspath(a.work)), a.deb,
              os.path.abspath(a.build), a.cycles)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        results = [run_case(lab, f) for f in chosen]
    finally:
        lab.drop()
    failed = sum(r[1] != "ok" for r in results)
    text = table(results) + f"{len(results)} cases, {failed} failed, " \
        f"{time.monotonic() - began:.0f} s\n"
    print("\n" + text, end="")
    with open(os.path.join(a.work, "results.txt"), "w") as f:
        f.write(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
