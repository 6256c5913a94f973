"""Writes stand-ins for the accelerator libraries that the torch of the package index is linked against.

    python stubs.py       (with the python of the environment that holds torch; needs cc and readelf)

That torch comes with 5 GB of them and does not load without. On a machine that has no accelerator none of their functions
does anything, so each library is replaced by one of the same name that has every symbol asked of it, under the version
asked for. A function answers 100, cudaErrorNoDevice of CUDA's runtime API, so that torch finds no device and uses the
processor; what compilers register at load (__cuda*) gets an address. Libraries that are really there are left alone.
"""

import collections
import glob
import os
import re
import subprocess
import sysconfig
import tempfile

ACCELERATOR = re.compile(r"lib(cu|nv|nccl)")
UNVERSIONED = re.compile(r"(cu|nv|nccl|__cuda)")


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], check=True, capture_output=True, text=True).stdout


class Demand:
    """What the libraries of torch ask of those that are not part of it."""

    def __init__(self, paths):
        self.own = {os.path.basename(path) for path in paths}
        self.libraries = set()
        self.library_by_version = {}
        self.undefined = {}
        self.defined = set()
        self.search_paths = ""
        for path in paths:
            self.read_dynamic(readelf("-d", path))
            self.read_versions(readelf("-V", path))
            self.read_symbols(readelf("--dyn-syms", path))

    def read_dynamic(self, text):
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", text)
        self.libraries |= {name for name in needed if ACCELERATOR.match(name) and name not in self.own}
        self.search_paths += "".join(re.findall(r"\((?:RPATH|RUNPATH)\).*\[(.*)\]", text))

    def read_versions(self, text):
        _, _, needs = text.partition("Version needs section")
        library = None
        for line in needs.splitlines():
            if match := re.search(r"File: (\S+)", line):
                library = match[1]
            elif (match := re.search(r"Name: (\S+)", line)) and library and ACCELERATOR.match(library):
                self.library_by_version[match[1]] = library

    def read_symbols(self, text):
        for line in text.splitlines():
            fields = line.split()
            if len(fields) < 8 or not fields[0].rstrip(":").isdigit():
                continue
            name, _, version = fields[7].partition("@")
            if fields[6] != "UND":
                self.defined.add(name)
            elif fields[4] == "GLOBAL":
                self.undefined[name] = version.strip("@")

    def list_symbols(self):
        """For each library: version, or "" for none, to symbols."""
        symbols = {library: collections.defaultdict(list) for library in self.libraries}
        anywhere = min((name for name in self.libraries if name.startswith("libcublas.")), default=None)
        for name, version in sorted(self.undefined.items()):
            if name in self.defined:
                continue
            library = self.library_by_version.get(version)
            if library is None and version == "" and UNVERSIONED.match(name):
                library = anywhere  # without a version any library that is loaded will do
            if library in symbols:
                symbols[library][version].append(name)
        return symbols


def compile_stub(path, versions, folder):
    code, script = os.path.join(folder, "stub.c"), os.path.join(folder, "stub.map")
    with open(code, "w") as file:
        file.write("static long room[64];\n")
        for name in (name for names in versions.values() for name in names):
            body = f"void *{name}(void) {{ return room; }}" if name.startswith("__cuda") else f"int {name}(void) {{ return 100; }}"
            file.write(body + "\n")
    with open(script, "w") as file:
        for version, names in versions.items():
            if version:
                file.write(f"{version} {{ global: {' '.join(f'{name};' for name in names)} }};\n")
    arguments = ["cc", "-w", "-fno-builtin", "-shared", "-fPIC", "-O1", f"-Wl,-soname,{os.path.basename(path)}"]
    if any(versions):
        arguments.append(f"-Wl,--version-script={script}")
    subprocess.run([*arguments, "-o", path, code], check=True)


def main():
    site = sysconfig.get_path("platlib")
    demand = Demand(sorted(glob.glob(os.path.join(site, "torch", "lib", "*.so*"))))
    place = re.search(r"nvidia/(cu\d+)/lib", demand.search_paths)
    target = os.path.join(site, "nvidia", place[1] if place else "stubs", "lib")
    os.makedirs(target, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for library, versions in sorted(demand.list_symbols().items()):
            path = os.path.join(target, library)
            if not os.path.exists(path):
                compile_stub(path, versions, folder)


main()
