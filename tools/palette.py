"""PNG pictures with a palette: a third of the size of a browser's own screenshot."""

from __future__ import annotations

import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from struct import pack
from typing import Final

from playwright.sync_api import Page

_COLOURS: Final = 256
"""The number of colours that one byte can name."""

# The browser decodes the picture, so that we need no library for that.
_PIXELS: Final = """
async (picture) => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const { width, height } = image;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Blob([context.getImageData(0, 0, width, height).data]);
  const reader = new FileReader();
  return new Promise((resolve) => {
    reader.onload = () => resolve({ width, height, pixels: reader.result.split(",")[1] });
    reader.readAsDataURL(pixels);
  });
}
"""


def reduced(page: Page, picture: bytes) -> bytes:
    """Return a picture in its 256 most frequent colours; others become the nearest of these.

    `page` is any page that lets its script load pictures.
    """
    read = page.evaluate(_PIXELS, b64encode(picture).decode())
    pixels = array("I", b64decode(read["pixels"]))
    counted = Counter(pixels)
    palette = [_channels(colour) for colour, _ in counted.most_common(_COLOURS)]
    places = {colour: _nearest(colour, palette) for colour in counted}
    return b"".join(_chunks(read["width"], read["height"], palette, _rows(pixels, places, read)))


def _rows(pixels: array[int], places: Mapping[int, int], read: Mapping[str, int]) -> bytes:
    """Return the rows of a PNG: a byte that says there is no filter, then a byte a pixel."""
    width, height = read["width"], read["height"]
    named = bytes(map(places.__getitem__, pixels))
    return b"".join(b"\0" + named[row * width : (row + 1) * width] for row in range(height))


def _nearest(colour: int, palette: Sequence[bytes]) -> int:
    red, green, blue = _channels(colour)
    distances = [(red - r) ** 2 + (green - g) ** 2 + (blue - b) ** 2 for r, g, b in palette]
    return distances.index(min(distances))


def _channels(colour: int) -> bytes:
    """Return the red, green and blue of a pixel; its last byte, the opacity, is left out."""
    return colour.to_bytes(4, sys.byteorder)[:3]


def _chunks(width: int, height: int, palette: Sequence[bytes], rows: bytes) -> Iterator[bytes]:
    depth, by_palette = 8, 3
    yield b"\x89PNG\r\n\x1a\n"
    yield _chunk(b"IHDR", pack(">IIBBBBB", width, height, depth, by_palette, 0, 0, 0))
    yield _chunk(b"PLTE", b"".join(palette))
    yield _chunk(b"IDAT", zlib.compress(rows, 9))
    yield _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + name + content + pack(">I", zlib.crc32(name + content))
