# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest's report in lines: `file NAME PASSED FAILED` and `skipped: NAME because REASON`."""

import collections
import sys
import xml.etree.ElementTree


def main():
    passed, failed = collections.Counter(), collections.Counter()
    for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
        name = case.get("classname", "").split(".")[-1] or case.get("name", "pytest")
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed[name] += 1
        elif skipped is not None:
            print(f"skipped: {name}: {case.get('name')} because {skipped.get('message')}")
        else:
            passed[name] += 1
    for name in sorted(passed | failed):
        print(f"file {name} {passed[name]} {failed[name]}")


main()
