#!/usr/bin/python3
"""The tests of this folder, one after the other; what was seen stands behind each that fails."""

import argparse
import logging
import sys
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Integration"), str(HERE.parents[1] / "Tools" / "lib")]


class Result(unittest.TextTestResult):
    def startTest(self, test):
        self._began = time.monotonic()
        super().startTest(test)

    def getDescription(self, test):
        return f"{'.'.join(test.id().split('.')[-2:])}: {test.shortDescription() or ''}"

    def addSuccess(self, test):
        unittest.TestResult.addSuccess(self, test)
        self.stream.writeln(f"ok  {time.monotonic() - self._began:4.1f} s")
        self.stream.flush()

    def _exc_info_to_string(self, error, test):
        text = super()._exc_info_to_string(error, test)
        return f"{text}{test.evidence()}\n" if hasattr(test, "evidence") else text


def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    names = parser.parse_args().names
    logging.getLogger("asyncio").setLevel(logging.ERROR)   # unittest's debug mode tells of every slow step
    # By their names alone, whatever the module: tests of other folders come along with what is imported.
    found = [test for test in each(unittest.TestLoader().discover(str(HERE))) if type(test).__module__ in own()]
    chosen = [test for test in found if not names or any(name in test.id() for name in names)]
    from conversation import World
    try:
        result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result).run(unittest.TestSuite(chosen))
    finally:
        World.end()
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return 1 if failed or not result.testsRun else 0


def own():
    return {path.stem for path in HERE.glob("test_*.py")}


if __name__ == "__main__":
    sys.exit(main())
