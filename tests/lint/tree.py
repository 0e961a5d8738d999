#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The rules of the tree: floors, names, sizes, licences.

Each check gives a list of complaints, "FILE:LINE: what is wrong".
"""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLOORS = ("base format mta event stats detect alert engine conf embed wire "
          "store source notify httpd audit probe daemon cli").split()
CORE = FLOORS[:FLOORS.index("conf")]
# Headers of values only: no source file says on which floor they are.
VALUES = {"record": "format", "stream": "store"}
# What the core may know of the system: libc without files and clocks.
CORE_HEADERS = {
    "assert", "ctype", "endian", "errno", "inttypes", "limits", "math", "stdarg",
    "stdbool", "stddef", "stdint", "stdio", "stdlib", "string", "strings",
    "sys/queue",
}
# base/log.c is what its header says: the one way out for daemon and cli.
EXCUSED = {"src/base/log.c"}

FILE_MAX, FUNCTION_MAX, COLUMNS = 600, 100, 80


def git_files(*patterns):
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [f for f in out.split("\n") if f and (ROOT / f).is_file()]


def lines(name):
    text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
    return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")


def sources():
    return git_files("src/*.c", "src/*.h")


def headers():
    return git_files("include/weir/*.h")


def module_floors():
    floors = dict(VALUES)
    for f in sources():
        path = pathlib.PurePath(f)
        if path.suffix == ".c" and (
                ROOT / "include/weir" / (path.stem + ".h")).exists():
            floors[path.stem] = path.parts[1]
    return floors


def check_includes():
    """Headers of the own floor or of lower ones."""
    floors, bad = module_floors(), []
    for h in headers():
        if pathlib.PurePath(h).stem not in floors:
            bad.append(f"{h}:1: no src/FLOOR/"
                       f"{pathlib.PurePath(h).stem}.c beside it")
    for f in sources() + headers():
        path = pathlib.PurePath(f)
        own = (path.parts[1] if path.parts[0] == "src"
               else floors.get(path.stem))
        if own is None:
            continue
        if own not in FLOORS:
            bad.append(f"{f}:1: {own} is no floor")
            continue
        for n, line in enumerate(lines(f), 1):
            m = re.match(r'#include "weir/(\w+)\.h"', line)
            if m and m[1] in floors and (
                    FLOORS.index(floors[m[1]]) > FLOORS.index(own)):
                bad.append(f"{f}:{n}: {own} includes {m[1]}.h of the higher "
                           f"floor {floors[m[1]]}")
            m = re.match(r"#include <([\w/]+)\.h>", line)
            if m and own in CORE and f not in EXCUSED and (
                    m[1] not in CORE_HEADERS):
                bad.append(f"{f}:{n}: the core does not know <{m[1]}.h>")
    return bad


def declared(header):
    """Functions a header declares, comments and inline bodies left out."""
    text = "\n".join(lines(header))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"^#(?:[^\n]*\\\n)*[^\n]*", "", text, flags=re.M)
    text = re.sub(r"__attribute__\(\(.*?\)\)", "", text, flags=re.S)
    depth, flat = 0, []
    for c in text:
        depth += c == "{"
        if depth == 0:
            flat.append(c)
        depth -= c == "}"
    return re.findall(r"(?<![\w(*])\*?\b([a-z]\w*)\(", "".join(flat))


def check_names():
    """One name, four places: header, source, test and prefix."""
    floors, bad = module_floors(), []
    for h in headers():
        module = pathlib.PurePath(h).stem
        if module not in VALUES and not (
                ROOT / f"tests/unit/test_{module}.c").exists():
            bad.append(f"{h}:1: no tests/unit/test_{module}.c")
        allowed = {module, module.rstrip("s"),
                   "x" if module == "mem" else module}
        allowed |= set(re.findall(r"^struct (\w+)", "\n".join(lines(h)),
                                  re.M))
        # Several files may share a header: api_alert.c, zone_load.c.
        floor = floors.get(module, "")
        allowed |= {p.stem.split("_")[0]
                    for p in (ROOT / "src" / floor).glob("*.c") if floor}
        for name in declared(h):
            if not name.startswith(tuple(
                    p if p == "x" else p + "_" for p in allowed)):
                bad.append(f"{h}:1: {name}() has not the prefix {module}_")
    return bad


def width(line):
    return len(line.expandtabs(8))


def check_sizes():
    """Files, functions and lines are short."""
    bad = []
    for f in sources() + headers() + git_files("tests/*.c", "tests/*.h"):
        text = lines(f)
        if len(text) > FILE_MAX:
            bad.append(f"{f}:1: {len(text)} lines; {FILE_MAX} is the limit")
        begin = None
        for n, line in enumerate(text, 1):
            if width(line) > COLUMNS:
                bad.append(f"{f}:{n}: {width(line)} columns")
            if line != line.rstrip():
                bad.append(f"{f}:{n}: blanks at the end")
            if line == "{":
                begin = n
            elif line == "}" and begin is not None:
                if n - begin - 1 > FUNCTION_MAX:
                    bad.append(f"{f}:{begin}: a function of "
                               f"{n - begin - 1} lines")
                begin = None
    return bad


def is_script(f):
    return "." not in pathlib.PurePath(f).name and (
        lines(f)[0].startswith("#!"))


def check_licence():
    """An SPDX line in the first three lines."""
    bad = []
    for f in git_files():
        known = pathlib.PurePath(f).suffix in (
            ".c", ".h", ".py", ".sh", ".sql", ".1", ".5", ".7", ".service",
            ".ts", ".tsx", ".bash", ".css", ".html", ".js")
        if f.startswith("tests/stories/") and not is_script(f):
            continue
        if (known or f == "Makefile" or is_script(f)) and not any(
                "SPDX-License-Identifier: Apache-2.0" in line
                for line in lines(f)[:3]):
            bad.append(f"{f}:1: no SPDX-License-Identifier")
    return bad


def check_words():
    """Nothing left undone, no path of one machine."""
    undone = re.compile(r"\b(TO" r"DO|FIX" r"ME)\b|\bXX" r"X[: ]")
    place = re.compile(r"/(wo" r"rk|ro" r"ot|home/[a-z]+)/")
    bad = []
    for f in git_files("src", "include", "schema", "web", "contrib", "tests",
                       "Makefile", ":!*.log", ":!*.gz", ":!tests/lines",
                       ":!tests/fuzz/corpus", ":!web/package-lock.json"):
        for n, line in enumerate(lines(f), 1):
            if undone.search(line):
                bad.append(f"{f}:{n}: left undone")
            if place.search(line):
                bad.append(f"{f}:{n}: a path of one machine")
    return bad


def check_globals(build):
    """The core has no state: its objects hold constants only."""
    bad = []
    for f in sources():
        path = pathlib.PurePath(f)
        obj = build / "obj" / path.parts[1] / (path.stem + ".o")
        if path.suffix != ".c" or path.parts[1] not in CORE or (
                f in EXCUSED or not obj.exists()):
            continue
        out = subprocess.run(["nm", "-f", "sysv", str(obj)], check=True,
                             capture_output=True, text=True).stdout
        for line in out.split("\n"):
            cell = [c.strip() for c in line.split("|")]
            if len(cell) == 7 and cell[6] in (".data", ".bss") and (
                    cell[3] == "OBJECT"):
                bad.append(f"{f}:1: {cell[0]} is a variable of the core")
    return bad
