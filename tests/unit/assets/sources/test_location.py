import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from dphub_assets.sources import location
from dphub_assets.sources.errors import SourceForbidden, SourceMissing, SourceUnreadable
from dphub_assets.sources.files import File
from dphub_k8s.api.sources import Source


def locate(path: str, root: Path, roots: Sequence[Path] | None) -> File:
    found = location.locate(Source(path=path), location.Roots(root, roots))
    assert isinstance(found, File)
    return found


def test_a_relative_path_starts_at_the_data_root(tmp_path: Path) -> None:
    assert locate("a/b.parquet", tmp_path, ()) == File(
        "a/b.parquet", tmp_path / "a/b.parquet", Source(path="a/b.parquet")
    )


def test_the_version_changes_with_size_and_time(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("1")
    found = locate("a", tmp_path, None)
    first = found.version()
    assert found.version() == first
    os.utime(file, ns=(5, 5))
    assert found.version() == "1-5"
    file.write_text("12")
    os.utime(file, ns=(5, 5))
    assert found.version() == "2-5"


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match=rf"^a: No such file or directory \({tmp_path}/a\)"):
        locate("a", tmp_path, None).version()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match=r"^\. is no file"):
        locate(".", tmp_path, None).version()


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceUnreadable, match=r"^pipe is no file"):
        locate("pipe", tmp_path, None).version()


@pytest.mark.parametrize("path", ["{outside}/a", "link", "link/../a", "../outside/a"])
def test_what_lies_outside_the_roots_is_refused(tmp_path: Path, path: str) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside / "a")
    wanted = path.format(outside=outside)
    with pytest.raises(SourceForbidden, match="lies outside the allowed roots"):
        locate(wanted, root, ())
    assert locate(wanted, root, None).file == outside / "a" or "link/.." in path
    assert locate(wanted, root, (tmp_path,)).name == wanted


def test_a_root_may_be_a_link_itself(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "real")
    assert locate("a", tmp_path / "data", ()).file == tmp_path / "real" / "a"


def test_the_file_that_was_checked_is_the_one_that_is_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "v1").write_text("one")
    (root / "current").symlink_to(root / "v1")
    found = locate("current", root, ())
    (root / "current").unlink()
    (root / "current").symlink_to("/etc/passwd")
    assert found.file.read_text() == "one"
