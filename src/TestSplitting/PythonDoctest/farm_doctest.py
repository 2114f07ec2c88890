"""Runs the doctests of one file and reports every docstring as it ends.

    farm_doctest.py [options] FILE

FILE is a Python module, imported by its dotted name, or a text file with examples. Failures are printed as Python's own
doctest prints them. The report is a file of JSON lines, each written at once, so that a process that is killed leaves
what it had found out:

    {"schema": 1, "file": …, "module": … or null, "python": …}      first
    {"plan": N, "examples": N}                                      after the import
    {"start": name, "line": N}                                      before each docstring
    {"docstring": name, "line": N, "examples": N, "skipped": N, "known": bool, "failures": […], "seconds": S}
    {"end": "passed" | "failed" | "empty" | "broken" | "interrupted", "examples": N, "failures": N, "known_failures": N,
     "skipped": N, "seconds": S, "error": …}

A docstring named by --known-failure runs and its failures are printed and reported, but do not count; one named by --skip
does not run, and is reported as skipped.

Exit status: 0 all passed, 1 an example failed, 2 wrong usage, 3 the file could not be imported or read, 4 no examples and
--fail-empty, 128 + n ended by signal n. SIGQUIT prints the stack of every thread and goes on.
"""

import argparse
import doctest
import faulthandler
import hashlib
import importlib
import json
import os
import signal
import sys
import time
import traceback

SCHEMA = 1
PASSED, FAILED, USAGE, BROKEN, EMPTY = 0, 1, 2, 3, 4


class Report:
    """Appends lines with one system call each: nothing stays in a buffer that a crash or a fork could lose or repeat."""

    def __init__(self, path):
        self._fd = None
        if path:
            os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)

    def write(self, **fields):
        if self._fd is not None:
            data = (json.dumps(fields, ensure_ascii=True) + "\n").encode("ascii")
            while data:
                data = data[os.write(self._fd, data):]


class Tally:
    def __init__(self):
        self.examples = 0
        self.failures = 0
        self.known_failures = 0
        self.skipped = 0
        self.started = time.perf_counter()

    def seconds(self):
        return round(time.perf_counter() - self.started, 6)

    def line(self, end, error=None):
        return dict(end=end, examples=self.examples, failures=self.failures, known_failures=self.known_failures,
                    skipped=self.skipped, seconds=self.seconds(), error=error)


class Runner(doctest.DocTestRunner):
    """Prints as doctest does, and keeps the failures of the docstring that runs."""

    def __init__(self, optionflags):
        super().__init__(verbose=False, optionflags=optionflags)
        self.failed_examples = []

    def report_failure(self, out, test, example, got):
        self._keep(test, example, got=got)
        super().report_failure(out, test, example, got)

    def report_unexpected_exception(self, out, test, example, exc_info):
        self._keep(test, example, exception="".join(traceback.format_exception_only(*exc_info[:2])).strip())
        super().report_unexpected_exception(out, test, example, exc_info)

    def _keep(self, test, example, **evidence):
        # The identity outlives moved lines: it is made of the docstring's name, the example's text and which of its equals it is.
        twins = sum(1 for other in test.examples[: test.examples.index(example)] if other.source == example.source)
        identity = hashlib.sha256("\0".join([test.name, example.source, str(twins)]).encode("utf-8", "surrogatepass"))
        line = test.lineno + example.lineno + 1 if test.lineno is not None else None
        texts = dict(source=example.source, want=example.want, **evidence)
        self.failed_examples.append(
            dict(id=identity.hexdigest()[:16], line=line, **{name: well_formed(text) for name, text in texts.items()}))


def main():
    options = parse_arguments()
    hide_the_drivers_folder()
    faulthandler.enable()
    if hasattr(signal, "SIGQUIT"):
        faulthandler.register(signal.SIGQUIT, all_threads=True)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")

    tally = Tally()
    path = os.path.abspath(options.file)
    module = None
    root = None
    if path.endswith(".py"):
        root, module = name_of(path, options.root)
    report = Report(options.report)
    report.write(schema=SCHEMA, file=options.file, module=module, python=sys.version.split()[0])
    end_with_evidence_on(signal.SIGTERM, report, tally)
    end_with_evidence_on(signal.SIGINT, report, tally)

    try:
        if options.declared:
            check_same(path, options.declared)
        tests = tests_of_module(path, root, module) if module else tests_of_text(path)
    except BaseException as error:  # An import may raise anything, SystemExit too.
        what = "".join(traceback.format_exception_only(type(error), error)).strip()
        print(without_driver(error), end="")
        print("farm_doctest: %s: %s: %s" % (options.file, "the import failed" if module else "the file was not read", what), flush=True)
        report.write(**tally.line("broken", what))
        return BROKEN

    examples = sum(len(test.examples) for test in tests)
    report.write(plan=len(tests), examples=examples)
    run_all(tests, options, report, tally)

    if tally.failures:
        end, status = "failed", FAILED
    elif tally.examples == 0 and tally.skipped == 0:
        end, status = "empty", EMPTY if options.fail_empty else PASSED
    else:
        end, status = "passed", PASSED
    report.write(**tally.line(end))
    aside = "".join([", %d failed as known" % tally.known_failures if tally.known_failures else "",
                     ", %d skipped" % tally.skipped if tally.skipped else ""])
    print("farm_doctest: %s: %s: %d examples in %d docstrings, %d failed%s, %.3f s" % (
        options.file, end, tally.examples, len(tests), tally.failures, aside, tally.seconds()), flush=True)
    return status


def run_all(tests, options, report, tally):
    runner = Runner(options.option_flags)
    for number, test in enumerate(tests, 1):
        line = test.lineno + 1 if test.lineno is not None else None
        report.write(start=test.name, line=line)
        if test.name in options.skip:
            tally.skipped += len(test.examples)
            report.write(docstring=test.name, line=line, examples=0, skipped=len(test.examples), known=False, failures=[], seconds=0.0)
            progress(number, tests, test, "skipped, as asked")
            continue
        runner.failed_examples = []
        began = time.perf_counter()
        failed, attempted = runner.run(test, out=sys.__stdout__.write, clear_globs=True)[:2]
        seconds = round(time.perf_counter() - began, 6)
        known = test.name in options.known_failure
        # doctest leaves the examples with +SKIP out of its count, and after a failure with --fail-fast those that follow.
        skipped = sum(1 for example in test.examples if example.options.get(doctest.SKIP))
        tally.examples += attempted
        tally.skipped += skipped
        if known:
            tally.known_failures += failed
        else:
            tally.failures += failed
        report.write(docstring=test.name, line=line, examples=attempted, skipped=skipped, known=known,
                     failures=runner.failed_examples, seconds=seconds)
        outcome = "%d of %d failed" % (failed, attempted) if failed else "%d passed" % attempted
        progress(number, tests, test, "%s%s, %.3f s" % (outcome, ", as known" if failed and known else "", seconds))
        if failed and options.fail_fast and not known:
            return


def progress(number, tests, test, outcome):
    print("farm_doctest: [%d/%d] %s: %s" % (number, len(tests), test.name, outcome), file=sys.__stdout__, flush=True)


def tests_of_module(path, root, name):
    if root not in sys.path:
        sys.path.insert(0, root)
    module = importlib.import_module(name)
    found = getattr(module, "__file__", None)
    if not found or not os.path.samefile(found, path):
        raise ImportError("the name %s stands for %s, not for %s" % (name, found or "a built-in module", path))
    tests = doctest.DocTestFinder(exclude_empty=True).find(module, name)
    return sorted((test for test in tests if test.examples), key=lambda test: (test.lineno is None, test.lineno or 0, test.name))


def tests_of_text(path):
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    test = doctest.DocTestParser().get_doctest(text, {"__name__": "__main__"}, os.path.basename(path), path, 0)
    return [test] if test.examples else []


def check_same(path, copy):
    with open(path, "rb") as one, open(copy, "rb") as other:
        if one.read() != other.read():
            raise ImportError("%s differs from the copy that was declared as the input; the worker has another version" % path)


def name_of(path, root):
    """The folder to have on sys.path, and the module's dotted name below it. Without a root: the first folder up that is no package."""
    folder, file = os.path.split(path)
    if root is not None:
        root = os.path.abspath(root)
        if os.path.commonpath([root, path]) != root:
            usage("%s is not below the root %s" % (path, root))
    else:
        root = folder
        while os.path.exists(os.path.join(root, "__init__.py")) and os.path.dirname(root) != root:
            root = os.path.dirname(root)
    parts = os.path.relpath(folder, root).split(os.sep) if folder != root else []
    stem = file[: -len(".py")]
    if stem != "__init__":
        parts.append(stem)
    if not parts:
        usage("%s has no name: its folder is the root; give the folder above as --root" % path)
    wrong = [part for part in parts if not part.isidentifier()]
    if wrong:
        usage("%s has no dotted name, since %r is no identifier" % (path, wrong[0]))
    return root, ".".join(parts)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Run the doctests of one file.", allow_abbrev=False)
    parser.add_argument("--root", help="folder that module names count from; it goes on sys.path")
    parser.add_argument("--report", help="where the JSON lines go")
    parser.add_argument("--option", action="append", default=[], metavar="NAME", help="a doctest option, such as ELLIPSIS")
    parser.add_argument("--known-failure", action="append", default=[], metavar="DOCSTRING", help="run it, but do not count its failures")
    parser.add_argument("--skip", action="append", default=[], metavar="DOCSTRING", help="do not run it")
    parser.add_argument("--declared", metavar="COPY", help="a copy of FILE that it must equal: for files that are not inputs themselves")
    parser.add_argument("--fail-fast", action="store_true", help="stop after the first docstring with a failure")
    parser.add_argument("--fail-empty", action="store_true", help="exit 4 when the file has no examples")
    parser.add_argument("file")
    options = parser.parse_args()
    options.option_flags = doctest.FAIL_FAST if options.fail_fast else 0
    for name in options.option:
        if name not in doctest.OPTIONFLAGS_BY_NAME:
            parser.error("no doctest option %s; there are %s" % (name, ", ".join(sorted(doctest.OPTIONFLAGS_BY_NAME))))
        options.option_flags |= doctest.OPTIONFLAGS_BY_NAME[name]
    return options


def well_formed(text):
    """Half a surrogate pair has no form in UTF-8, and readers of JSON refuse it."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def hide_the_drivers_folder():
    """Python puts the folder of the script on sys.path; what lies beside the driver is not part of the tests."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != here]


def end_with_evidence_on(number, report, tally):
    def end(signum, frame):
        report.write(**tally.line("interrupted", signal.Signals(signum).name))
        faulthandler.dump_traceback()
        os._exit(128 + signum)

    signal.signal(number, end)


def without_driver(error):
    """The traceback from the tested file's own frames on."""
    entry = error.__traceback__
    while entry is not None and (entry.tb_frame.f_code.co_filename == __file__ or "importlib" in entry.tb_frame.f_code.co_filename):
        entry = entry.tb_next
    return "".join(traceback.format_exception(type(error), error, entry))


def usage(message):
    print("farm_doctest: " + message, file=sys.stderr)
    sys.exit(USAGE)


if __name__ == "__main__":
    sys.exit(main())
