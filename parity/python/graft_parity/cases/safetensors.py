"""safetensors files both ways, and files that the package or the format's text refuses."""

import json
import math
import random
import struct
from pathlib import Path

import torch
from safetensors import SafetensorError, deserialize, safe_open
from safetensors.torch import save_file

from graft_parity.options import Options, line

NAMES = ["a", "w.weight", "ä", "名前", "😀", 'quo"te', "back\\slash", "with space", "new\nline", "", "__proto__", "constructor", "\u2028", "A" * 300]
DTYPES = [torch.float32, torch.float16, torch.bfloat16, torch.float64]


def random_tensors(rng: random.Random, generator: torch.Generator, dtypes: list) -> dict[str, torch.Tensor]:
    tensors = {}
    for name in rng.sample(NAMES, rng.randint(1, len(NAMES))):
        shape = [rng.choice([0, 1, 1, 2, 3, 5, 8]) for _ in range(rng.randint(0, 4))]
        values = torch.randn(shape, generator=generator, dtype=torch.float64) * 10 ** rng.uniform(-6, 6)
        tensors[name] = values.to(rng.choice(dtypes))
    return tensors


def file_of(header: bytes | dict, data: bytes = b"", claimed: int | None = None) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if claimed is None else claimed) + text + data


def f32(shape: list, begin: int, end: int) -> dict:
    return {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}


def published_cases() -> dict[str, bytes]:
    """The malformed files of the package's own tests and of the format's description."""
    one = b'{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    return {
        "nothing": b"",
        "header too small": b"\x00" * 7,
        "header too large": b"\x3c\x00\x00\x00\x00\xff\xff\xff" + one,
        "header larger than the file": file_of(one, claimed=0x3C00),
        "header above 100 MB": file_of(one, claimed=100_000_001),
        "length of 2^64 - 1": b"\xff" * 8 + one,
        "invalid UTF-8": file_of(b"\xff"),
        "invalid UTF-8 in a name": file_of(b'{"\xc3\x28":' + json.dumps(f32([1], 0, 4)).encode() + b"}", b"1234"),
        "invalid JSON": file_of(b"{"),
        "header cut off": file_of(one[:-1], b"1234"),
        "a list": file_of(b"[]"),
        "null": file_of(b"null"),
        "no header": file_of(b""),
        "bytes behind the header": file_of(b"{}\x00"),
        "byte order mark": file_of(b"\xef\xbb\xbf{}"),
        "spaces before the header": file_of(b"\t {}"),
        "no bytes of a tensor": file_of(one),
        "too few bytes of a tensor": file_of(one, b"123"),
        "bytes left over": file_of(one, b"12345"),
        "overlap": file_of({"a": f32([2], 0, 8), "b": f32([2], 4, 12)}, b"0" * 12),
        "the same bytes twice": file_of({"a": f32([1], 0, 4), "b": f32([1], 0, 4)}, b"0" * 4),
        "hole": file_of({"a": f32([1], 0, 4), "b": f32([1], 8, 12)}, b"0" * 12),
        "hole at the start": file_of({"a": f32([1], 4, 8)}, b"0" * 8),
        "offsets backwards": file_of({"a": f32([1], 4, 0)}, b"0" * 4),
        "shape and offsets differ": file_of({"a": f32([2], 0, 4)}, b"0" * 4),
        "three offsets": file_of({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4, 4]}}, b"0" * 4),
        "product overflows": file_of({"a": f32([2**32, 2**32], 0, 0)}),
        "bytes overflow": file_of({"a": f32([2**62, 1], 0, 0)}),
        "size above 64 bits": file_of(b'{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]}}'),
        "negative size": file_of({"a": f32([-1], 0, 4)}, b"0" * 4),
        "size 1.0": file_of(one.replace(b"[1]", b"[1.0]"), b"0" * 4),
        "size 1e0": file_of(one.replace(b"[1]", b"[1e0]"), b"0" * 4),
        "size as a text": file_of(one.replace(b"[1]", b'["1"]'), b"0" * 4),
        "offset -0": file_of(one.replace(b"[0,4]", b"[-0,4]"), b"0" * 4),
        "unknown dtype": file_of(one.replace(b"F32", b"F33"), b"0" * 4),
        "dtype in small letters": file_of(one.replace(b"F32", b"f32"), b"0" * 4),
        "no dtype": file_of(b'{"a":{"shape":[1],"data_offsets":[0,4]}}', b"0" * 4),
        "no shape": file_of(b'{"a":{"dtype":"F32","data_offsets":[0,4]}}', b"0" * 4),
        "no offsets": file_of(b'{"a":{"dtype":"F32","shape":[1]}}', b"0" * 4),
        "an entry that is a number": file_of(b'{"a":4}', b"0" * 4),
        "a field twice": file_of(one.replace(b'"shape"', b'"dtype":"F32","shape"'), b"0" * 4),
        "metadata with a number": file_of(b'{"__metadata__":{"step":3}}'),
        "metadata that is a list": file_of(b'{"__metadata__":[]}'),
        "metadata nested": file_of(b'{"__metadata__":{"a":{"b":"c"}}}'),
        "half a surrogate pair": file_of(b'{"\\ud800":' + json.dumps(f32([1], 0, 4)).encode() + b"}", b"0" * 4),
        "a line break in a name": file_of(b'{"a\n":' + json.dumps(f32([1], 0, 4)).encode() + b"}", b"0" * 4),
        # The package lets the next two pass; the format's text does not: "Duplicate keys are disallowed".
        "a name twice": file_of(b'{"a":' + json.dumps(f32([1], 0, 4)).encode() + b"," + one[1:], b"0" * 4),
        "a metadata key twice": file_of(b'{"__metadata__":{"a":"b","a":"c"}}'),
    }


LENIENT = {"a name twice", "a metadata key twice", "spaces before the header"}


def is_accepted(file: bytes) -> bool:
    try:
        deserialize(file)
        return True
    except SafetensorError:
        return False


def damaged(rng: random.Random, count: int) -> list[bytes]:
    """Sound files with one thing changed: an offset, a size, a byte of the header or the length. Some stay sound."""
    files = []
    for _ in range(count):
        header, position = {}, 0
        for i in range(rng.randint(1, 4)):
            shape = [rng.randint(0, 3) for _ in range(rng.randint(0, 3))]
            size = 4
            for length in shape:
                size *= length
            header[f"t{i}"] = f32(shape, position, position + size)
            position += size
        kind = rng.randrange(5)
        entry = rng.choice(list(header.values()))
        if kind == 0:
            entry["data_offsets"][rng.randrange(2)] += rng.choice([-4, -1, 1, 4, 2**53])
        elif kind == 1 and entry["shape"]:
            entry["shape"][rng.randrange(len(entry["shape"]))] = rng.choice([0, 1, 2, 7, 2**40, 2**50, -1])
        text = bytearray(json.dumps(header).encode())
        if kind == 2:
            text[rng.randrange(len(text))] = rng.choice(b'{}[]",:0123456789 \n\x00\xffaeE.-+')
        data = rng.randbytes(max(0, position + (rng.choice([-1, 1, 4]) if kind == 3 else 0)))
        claimed = len(text) + (rng.choice([-1, 1, 2, 1000]) if kind == 4 else 0)
        files.append(file_of(bytes(text), data, claimed))
    return files


def as_json(value: float) -> float | str:
    """JSON has no word for what lies beyond F16's range; JavaScript's `Number` reads this one."""
    return value if math.isfinite(value) else f"{'-' if value < 0 else ''}Infinity"


def make(folder: Path, options: Options) -> None:
    rng, generator = random.Random(options.seed), torch.Generator().manual_seed(options.seed)
    sound = []
    for i in range(8 if options.quick else 40):
        tensors = random_tensors(rng, generator, DTYPES)
        metadata = {"format": "pt", "note": rng.choice(["", "ä 😀", 'quote " and \\', "line\nbreak"])}
        save_file(tensors, folder / f"{i}.safetensors", metadata=metadata)
        expected = {name: {"shape": list(t.shape), "values": [as_json(value) for value in t.float().flatten().tolist()]} for name, t in tensors.items()}
        sound.append({"metadata": metadata, "tensors": expected})
    (folder / "sound.json").write_text(json.dumps(sound))
    judged = []
    published = published_cases()
    for name, file in published.items():
        accepted = is_accepted(file)
        assert accepted == (name in LENIENT), (name, accepted)
        judged.append({"name": name, "accepted": False, "bytes": list(file[:4096])})
    for i, file in enumerate(damaged(rng, 300 if options.quick else 3000)):
        judged.append({"name": f"damaged {i}", "accepted": is_accepted(file), "bytes": list(file)})
    (folder / "judged.json").write_text(json.dumps({"published": len(published), "files": judged}))


def check(folder: Path, options: Options) -> list[dict]:
    """What Graft wrote, read by the package: the same tensors as in the file it had read."""
    files = sorted((folder / "ours").glob("*.safetensors"))
    differences = []
    for path in files:
        with safe_open(folder / path.name, "pt") as theirs, safe_open(path, "pt") as ours:
            same_keys = sorted(theirs.keys()) == sorted(ours.keys()) and theirs.metadata() == ours.metadata()
            same = same_keys and all(torch.equal(theirs.get_tensor(k).float(), ours.get_tensor(k)) for k in theirs.keys())
        if not same:
            differences.append(path.name)
    count = 8 if options.quick else 40
    return [line("files written by us, read by safetensors", len(files) - len(differences), count, abs(len(files) - len(differences) - count), 0)]
