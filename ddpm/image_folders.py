"""What is in the files and folders that images are trained on, before they are opened."""

from __future__ import annotations

from pathlib import Path

from torchvision.datasets import ImageFolder
from torchvision.datasets.folder import IMG_EXTENSIONS

SYSTEM = {"$recycle.bin", "@eadir", "__macosx", "__pycache__", "lost+found"}
SYSTEM |= {"system volume information"}
"""Folders, in small letters, that systems put beside a user's own."""


class Images(ImageFolder):
    """`torchvision.datasets.ImageFolder` for a user's own images alone.

    Hidden folders and files (`.git`, `._1.jpg`), the folders of operating systems, and what is no
    plain file (a pipe would be waited for without end) are passed over.
    """

    def __init__(self, root: Path) -> None:
        self.top = root
        super().__init__(root, is_valid_file=self.is_image)

    def is_image(self, path: str) -> bool:
        """Whether a file is an image of the user's, by its name and its kind."""
        parts = Path(path).relative_to(self.top).parts
        named = path.lower().endswith(IMG_EXTENSIONS)
        return named and not any(map(passed_over, parts)) and Path(path).is_file()

    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:
        """The names of the classes' folders in order, and the label of each."""
        folders = [path for path in Path(directory).iterdir() if path.is_dir()]
        names = sorted(path.name for path in folders if not passed_over(path.name))
        if not names:
            raise FileNotFoundError("there is no subfolder with the images of a class")
        return names, {name: label for label, name in enumerate(names)}


def list_images(root: Path) -> Images:
    """The images in a folder that has a subfolder for each class.

    Raises:
        ValueError: no folder, fewer than two classes, or a class without images.
    """
    if not root.is_dir():
        raise ValueError(f"no folder '{root}' with one subfolder of images per class")
    try:
        found = Images(root)
    except FileNotFoundError as error:
        raise ValueError(f"in '{root}': {error}") from error
    if len(found.classes) < 2:
        raise ValueError(f"'{root}' has one class, '{found.classes[0]}'; give two or more")
    return found


def passed_over(name: str) -> bool:
    """Whether a file or folder of that name is hidden, or an operating system's."""
    return name.startswith(".") or name.lower() in SYSTEM


def check_mnist(raw: Path, prefix: str) -> bool:
    """Checks two of MNIST's files, of images and of labels, before they are used.

    Args:
        raw: the folder of the files.
        prefix: "train" or "t10k".

    Returns:
        Whether all four files are there; if not, none is looked into.

    Raises:
        ValueError: a file is empty, cut, too long, mixed up with another, or something else.
    """
    kinds = ("images-idx3", "labels-idx1")
    if not all((raw / f"{s}-{kind}-ubyte").exists() for s in ("train", "t10k") for kind in kinds):
        return False
    counts = {}
    for kind, magic, shape in (("images-idx3", 2051, (28, 28)), ("labels-idx1", 2049, ())):
        path = raw / f"{prefix}-{kind}-ubyte"
        advice = "delete it and load MNIST again"
        size = path.stat().st_size
        if not size or not path.is_file():  # a pipe would be waited for
            raise ValueError(f"'{path}' is empty: {advice}")
        with path.open("rb") as file:
            head = file.read(4 * (2 + len(shape)))
        numbers = [int.from_bytes(head[k : k + 4], "big") for k in range(0, len(head), 4)]
        if numbers[0] in {2049, 2051} - {magic}:
            other = "labels" if magic == 2051 else "images"
            raise ValueError(f"'{path}' holds {other}, two files are mixed up: {advice}")
        if numbers[0] != magic or tuple(numbers[2:]) not in (shape, shape[: len(numbers) - 2]):
            what = "a web page" if head.lstrip()[:1] == b"<" else "something else"
            what = "packed (gzip)" if head[:2] == b"\x1f\x8b" else what
            raise ValueError(f"'{path}' is not MNIST's file of {kind[:6]} but {what}: {advice}")
        whole = len(shape) * 4 + 8 + (numbers[1] if len(numbers) > 1 else 1) * (784 if shape else 1)
        if size != whole:
            cut = "cut off" if size < whole else "too long"
            raise ValueError(f"'{path}' is {cut}, {size} bytes instead of {whole}: {advice}")
        counts[kind] = numbers[1]
        if not shape and max(path.read_bytes()[8:], default=10) > 9:
            raise ValueError(f"'{path}' holds labels that are not within 0..9: {advice}")
    images, labels = counts.values()
    if images != labels:
        raise ValueError(
            f"'{raw}' holds {images} images and {labels} labels of '{prefix}', which is not one"
            f" data set: delete both '{prefix}' files and load MNIST again"
        )
    return True
