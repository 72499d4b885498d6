"""Writes the text of compare.py, one sentence a line in lower case, some 6 million words: the dictionary GCIDE and WordNet's
glosses, from Debian's packages: corpus.py OUT.txt. Wants apt-get and dpkg-deb."""
import glob
import gzip
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tokens"))
from corpora import DEBIAN, check

WORDNET = ("wordnet-base", "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752")


def unpack(scratch, package, expected):
    subprocess.run(["apt-get", "-qq", "download", package], cwd=scratch, check=True)
    (path,) = glob.glob(f"{scratch}/{package}_*.deb")
    check(path, expected)
    subprocess.run(["dpkg-deb", "-x", path, scratch], check=True)


with tempfile.TemporaryDirectory() as scratch:
    unpack(scratch, *DEBIAN)
    unpack(scratch, *WORDNET)
    with gzip.open(f"{scratch}/usr/share/dictd/gcide.dict.dz") as file:
        texts = [file.read().decode("utf8", "replace")]
    for part in ("noun", "verb", "adj", "adv"):
        with open(f"{scratch}/usr/share/wordnet/data.{part}", encoding="utf8") as file:
            texts.append("\n\n".join(line.split(" | ")[1] for line in file if " | " in line))
words = 0
with open(sys.argv[1], "w") as out:
    for text in texts:
        for sentence in re.split(r"[.;:!?]\s|\n\n", text.lower().replace("'s", " 's")):
            found = re.findall("[a-z]+", sentence)
            if len(found) > 2:
                words += len(found)
                out.write(" ".join(found) + "\n")
print(f"{sys.argv[1]}: {words / 1e6:.1f} million words")
