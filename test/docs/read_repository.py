#!/usr/bin/env python3
"""Restores a snapshot of a Varve repository from its packs alone.

Written from docs/format.md and docs/delta-format.md, and from nothing else: it shares no code with
Varve and does not look at the index. Standard library only; sections with codec 1 are handed to the
program `zstd`. The numbers in comments are sections of docs/format.md.

    read_repository.py REPOSITORY                    lists the snapshots
    read_repository.py REPOSITORY NUMBER DIRECTORY   restores one into a new directory
"""
import base64
import json
import os
import re
import struct
import subprocess
import sys
import zlib

FULL, DELTA, PART, END = 1, 2, 3, 4
FILE, DIRECTORY, SYMLINK, FIFO = 1, 2, 3, 4
MAX_SECTION = 1 << 28


class Damaged(Exception):
    """What is stored is not what was written."""


# ---------------------------------------------------------------------------------------- BLAKE3

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
MASK = 0xFFFFFFFF
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
COLUMNS_AND_DIAGONALS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)


def compress(chaining, block, counter, length, flags):
    v = list(chaining) + [IV[0], IV[1], IV[2], IV[3], counter & MASK, counter >> 32, length, flags]
    words = list(block)
    for round_number in range(7):
        for step, (a, b, c, d) in enumerate(COLUMNS_AND_DIAGONALS):
            for word, turn_d, turn_b in ((words[2 * step], 16, 12), (words[2 * step + 1], 8, 7)):
                v[a] = (v[a] + v[b] + word) & MASK
                mixed = v[d] ^ v[a]
                v[d] = (mixed >> turn_d | mixed << (32 - turn_d)) & MASK
                v[c] = (v[c] + v[d]) & MASK
                mixed = v[b] ^ v[c]
                v[b] = (mixed >> turn_b | mixed << (32 - turn_b)) & MASK
        words = [words[index] for index in PERMUTATION]
    return [v[index] ^ v[index + 8] for index in range(8)]


def words_of(block):
    return struct.unpack("<16I", block.ljust(64, b"\0"))


def blake3(data):
    """The node of a subtree is given as (chaining value, block, counter, length, flags)."""

    def chunk(piece, counter):
        chaining = IV
        blocks = [piece[at:at + 64] for at in range(0, len(piece), 64)] or [b""]
        for position, block in enumerate(blocks):
            flags = (CHUNK_START if position == 0 else 0)
            if position == len(blocks) - 1:
                return chaining, words_of(block), counter, len(block), flags | CHUNK_END
            chaining = compress(chaining, words_of(block), counter, 64, flags)

    def tree(first, last):
        if last - first == 1:
            return chunk(data[first * 1024:last * 1024], first)
        left = 1
        while left * 2 < last - first:
            left *= 2
        values = compress(*tree(first, first + left)) + compress(*tree(first + left, last))
        return IV, values, 0, 64, PARENT

    chaining, block, counter, length, flags = tree(0, max(1, -(-len(data) // 1024)))
    return struct.pack("<8I", *compress(chaining, block, counter, length, flags | ROOT))


# ---------------------------------------------------------------------------------------- numbers


def varints(data):
    """All varints of a stream."""
    values, value, scale, length = [], 0, 1, 0
    for byte in data:
        value += (byte & 127) * scale
        scale *= 128
        length += 1
        if value >= 2 ** 53 or length > 8:
            raise Damaged("a number beyond 2^53")
        if byte < 128:
            if byte == 0 and length > 1:
                raise Damaged("a number longer than it needs to be")
            values.append(value)
            value, scale, length = 0, 1, 0
    if length:
        raise Damaged("a number runs past its stream")
    return values


def varint(data, at):
    """The varint at a place, and the place behind it."""
    end = at
    while end < len(data) and data[end] >= 128:
        end += 1
    (value,) = varints(data[at:end + 1])
    return value, end + 1


def unzigzag(value):
    return value // 2 if value % 2 == 0 else -(value + 1) // 2


# ---------------------------------------------------------------------------------- packs, 3 and 4


class Frame:
    """A frame whose header and table are sound."""

    def __init__(self, pack, start, data):
        header = data[start:start + 48]
        if len(header) < 48 or header[:4] != b"VFRM" or zlib.crc32(header[:44]) != u32(header, 44):
            raise Damaged("no frame")
        if header[4] != 1:
            sys.exit(f"a frame has version {header[4]}: a newer format")
        self.place = (pack, start)
        self.kind, section_count = header[5], header[6]
        member_count, table_length = u32(header, 8), u32(header, 12)
        self.generation, payload_length = u64(header, 16), u64(header, 24)
        self.end = start + 48 + table_length + payload_length
        if self.end > len(data):
            raise Damaged("a frame ends beyond its pack")
        table = data[start + 48:start + 48 + table_length]
        row = {FULL: 40, DELTA: 104}.get(self.kind, 0)
        if zlib.crc32(table) != u32(header, 36) or len(table) != section_count * 17 + member_count * row:
            raise Damaged("a table is damaged")
        self.stored = []
        for at in range(0, section_count * 17, 17):
            codec, raw, stored = table[at], u64(table, at + 1), u64(table, at + 9)
            if raw > MAX_SECTION:
                raise Damaged("a section is too large")
            self.stored.append((codec, raw, stored))
        if sum(stored for _, _, stored in self.stored) != payload_length:
            raise Damaged("the sections do not fill the payload")
        rows = table[section_count * 17:]
        self.members = [rows[at:at + row] for at in range(0, len(rows), row)] if row else []
        self.payload = data[self.end - payload_length:self.end]
        self.is_intact = zlib.crc32(self.payload) == u32(header, 32)
        self.decoded = None

    def sections(self):
        if self.decoded is None:
            self.decoded, at = [], 0
            for codec, raw, stored in self.stored:
                self.decoded.append(decompress(codec, self.payload[at:at + stored], raw))
                at += stored
        return self.decoded


def u32(data, at):
    return struct.unpack_from("<I", data, at)[0]


def u64(data, at):
    value = struct.unpack_from("<Q", data, at)[0]
    if value >= 2 ** 53:
        raise Damaged("a number beyond 2^53")
    return value


def decompress(codec, stored, raw_length):
    if codec == 0:
        raw = stored
    elif codec == 1:
        raw = subprocess.run(["zstd", "-dcq"], input=stored, stdout=subprocess.PIPE, check=True).stdout
    else:
        raise Damaged(f"unknown codec {codec}")
    if len(raw) != raw_length:
        raise Damaged("a section has the wrong length")
    return raw


def scan(pack, data):
    """8: every frame of a pack, stepping over what is none."""
    at = 32
    while at != -1 and at < len(data):
        try:
            frame = Frame(pack, at, data)
        except Damaged:
            at = data.find(b"VFRM", at + 1)
            continue
        yield frame
        at = frame.end


def read_packs(repository, repository_id):
    frames = []
    for name in sorted(os.listdir(f"{repository}/packs")):
        match = re.fullmatch(r"(\d{8,})\.pack", name)
        if not match:
            continue
        with open(f"{repository}/packs/{name}", "rb") as file:
            data = file.read()
        number = int(match[1])
        if data[:8] != b"VARVPACK" or u32(data, 12) != number or data[16:32] != repository_id:
            print(f"{name} is not a pack of this repository", file=sys.stderr)
            continue
        if data[8] != 1:
            sys.exit(f"{name} has version {data[8]}: a newer format")
        frames.extend(scan(number, data))
    return sorted(frames, key=lambda frame: frame.place)


# ------------------------------------------------------------------------------ manifests, 5 and 6


class Run:
    """A committed generation."""

    def __init__(self, end, parts):
        document, retired = end.sections()
        self.document = json.loads(document)
        self.retired = {retired[at:at + 32] for at in range(0, len(retired), 32)}
        self.parts = parts
        if not all(part.is_intact for part in parts) or self.document["parts"] != len(parts):
            raise Damaged(f"the manifest of run {end.generation} is damaged")


def records(section, width, deltas):
    """Rows of `width` varints; the columns in `deltas` are differences from the row before."""
    values = varints(section)
    if len(values) % width:
        raise Damaged("a manifest part ends inside a record")
    before = [0] * width
    for at in range(0, len(values), width):
        row = values[at:at + width]
        for column in deltas:
            row[column] = before[column] = before[column] + unzigzag(row[column])
        yield row


NOTHING_KNOWN = {"user": b"", "group": b"", "flags": 0, "xattrs": []}


def attribute_sets(section):
    """Each with its length before it."""
    at = 0
    while at < len(section):
        length, at = varint(section, at)
        end = at + length
        user, at = counted(section, at)
        group, at = counted(section, at)
        flags, at = varint(section, at)
        count, at = varint(section, at)
        xattrs = []
        for _ in range(count):
            name, at = counted(section, at)
            value, at = counted(section, at)
            xattrs.append((name, value))
        if at != end:
            raise Damaged("an attribute set has the wrong length")
        yield {"user": user, "group": group, "flags": flags, "xattrs": xattrs}


def counted(section, at):
    length, at = varint(section, at)
    if at + length > len(section):
        raise Damaged("an attribute set runs past its section")
    return section[at:at + length], at + length


def tree_at(runs, number, source):
    """6.3: the current versions of a source at a snapshot, and all paths, by path id."""
    paths, current = {}, {}
    wanted = [run for run in runs if run.document["type"] == "snapshot"
              and run.document["snapshot"]["source"] == source
              and run.document["snapshot"]["number"] <= number]
    for run in sorted(wanted, key=lambda run: run.document["snapshot"]["number"]):
        for part in run.parts:
            replay(part.sections(), paths, current)
    return paths, current


def replay(sections, paths, current):
    paths_section, names, opens, nanoseconds, links, hashes, closes, _touches, set_section = sections
    sets = [NOTHING_KNOWN, *attribute_sets(set_section)]
    at = 0
    for path, parent, length in records(paths_section, 3, (0, 1)):
        paths[path] = (parent, names[at:at + length])
        at += length
    for (path,) in records(closes, 1, (0,)):
        current.pop(path, None)
    link_at = hash_at = 0
    for position, row in enumerate(records(opens, 16, (0, 6, 7, 8, 9))):
        path, kind, flags, mode, uid, gid, mtime, _ctime, _btime, _inode = row[:10]
        _links, _device, set_number, size, link_length, blob_count = row[10:]
        blobs = [hashes[hash_at + 32 * index:hash_at + 32 * index + 32] for index in range(blob_count)]
        current[path] = {
            "type": kind, "mode": mode, "uid": uid, "gid": gid, "size": size, "blobs": blobs,
            "is_sparse": flags & 4 != 0,
            "mtime_ns": mtime * 10 ** 9 + u32(nanoseconds, position * 12),
            "link": links[link_at:link_at + link_length],
            "attributes": sets[set_number],
        }
        link_at += link_length
        hash_at += 32 * blob_count


# ---------------------------------------------------------------------------------------- blobs, 7


class Blobs:
    def __init__(self, frames, runs):
        self.places = {}
        for generation in sorted({frame.generation for frame in frames}):
            own = [f for f in frames if f.generation == generation and f.is_intact]
            for frame in (f for f in own if f.kind == FULL):
                start = 0
                for member in frame.members:
                    length = u64(member, 32)
                    self.places[member[:32]] = (frame, start, length)
                    start += length
            run = runs.get(generation)
            for frame in (f for f in own if f.kind == DELTA and run):
                starts = [0, 0, 0, 0]
                for member in frame.members:
                    lengths = [u64(member, 72 + 8 * index) for index in range(4)]
                    if member[:32] in run.retired:
                        self.places[member[:32]] = (frame, list(starts), lengths, member)
                    starts = [start + length for start, length in zip(starts, lengths)]

    def rebuild(self, hash):
        """The chain is followed to its whole end first, so that its length costs no stack."""
        chain, seen = [], set()
        place = self.find(hash)
        while len(place) == 4:
            if place[3][:32] in seen:
                raise Damaged("a chain of deltas that never ends")
            seen.add(place[3][:32])
            chain.append(place)
            place = self.find(place[3][32:64])
        frame, start, length = place
        data = frame.sections()[0][start:start + length]
        for frame, starts, lengths, member in reversed(chain):
            streams = [section[start:start + length]
                       for section, start, length in zip(frame.sections(), starts, lengths)]
            data = apply(data, streams, u64(member, 64))
        if blake3(data) != hash:
            raise Damaged(f"blob {hash.hex()} is damaged")
        return data

    def find(self, hash):
        if hash not in self.places:
            raise Damaged(f"blob {hash.hex()} is in no pack")
        return self.places[hash]


def apply(basis, streams, target_length):
    """docs/delta-format.md, part 1."""
    literal_lengths, copy_lengths, copy_offsets = (varints(stream) for stream in streams[:3])
    literals, target, used, end = streams[3], bytearray(), 0, 0
    if len(copy_lengths) != len(copy_offsets):
        raise Damaged("a COPY without an offset")
    if len(literal_lengths) - len(copy_lengths) not in (0, 1):
        raise Damaged("a LITERAL without a COPY")
    for index, literal in enumerate(literal_lengths):
        target += literals[used:used + literal]
        used += literal
        if index == len(copy_lengths):
            break
        start = end + unzigzag(copy_offsets[index])
        end = start + copy_lengths[index]
        if start < 0 or end > len(basis) or end == start:
            raise Damaged("a COPY outside of the basis")
        target += basis[start:end]
    if used != len(literals) or len(target) != target_length:
        raise Damaged("a delta has the wrong length")
    return bytes(target)


# ---------------------------------------------------------------------------------------- restore


def restore(paths, current, blobs, source, target):
    children = {}
    for path in current:
        parent, name = paths[path]
        children.setdefault(parent, []).append((name, path))
    roots = children.get(-source, [])
    if len(roots) == 1 and current[roots[0][1]]["type"] == DIRECTORY:
        place(roots[0][1], os.fsencode(target), children, current, blobs)
        return
    os.mkdir(target)
    for name, path in roots:
        place(path, os.path.join(os.fsencode(target), os.path.basename(name)), children, current, blobs)


def place(path, target, children, current, blobs):
    version = current[path]
    if version["type"] == SYMLINK:
        os.symlink(version["link"], target)
    elif version["type"] == FILE:
        with open(target, "xb") as file:
            for hash in version["blobs"]:
                if hash[8:] != bytes(24):
                    file.write(blobs.rebuild(hash))
                elif version["is_sparse"]:
                    file.seek(int.from_bytes(hash[:8], "little"), os.SEEK_CUR)
                else:
                    file.write(bytes(int.from_bytes(hash[:8], "little")))
            if file.tell() != version["size"]:
                raise Damaged(f"{target!r} has the wrong size")
            file.truncate()
    elif version["type"] == FIFO:
        os.mkfifo(target)
    else:
        os.mkdir(target)
        for name, child in children.get(path, []):
            if name in (b"", b".", b"..") or b"/" in name or b"\0" in name:
                raise Damaged(f"the impossible name {name!r}")
            place(child, os.path.join(target, name), children, current, blobs)
    for name, value in version["attributes"]["xattrs"]:
        try:
            os.setxattr(target, name, value, follow_symlinks=False)
        except PermissionError:
            print(f"{target!r} goes without {name!r}", file=sys.stderr)
    if version["type"] != SYMLINK:
        os.chmod(target, version["mode"])
    os.utime(target, ns=(version["mtime_ns"], version["mtime_ns"]), follow_symlinks=False)


def main(arguments):
    repository = arguments[0]
    with open(f"{repository}/varve.json", encoding="utf-8") as file:
        config = json.load(file)
    if config["format"] != 2 or config["hash"] != "blake3-256":
        sys.exit("another format")
    frames = read_packs(repository, bytes.fromhex(config["id"]))
    runs, removed = {}, set()
    for end in (frame for frame in frames if frame.kind == END and frame.is_intact):
        parts = [f for f in frames if f.kind == PART and f.generation == end.generation]
        runs[end.generation] = Run(end, parts)
    snapshots = {}
    for run in runs.values():
        if run.document["type"] == "prune":
            removed.update(run.document["removed"])
        elif run.document["type"] == "snapshot":
            snapshots[run.document["snapshot"]["number"]] = run
        else:
            sys.exit("an unknown manifest")
    if len(arguments) == 1:
        for number in sorted(set(snapshots) - removed):
            source = snapshots[number].document["source"]
            roots = [base64.b64decode(root) for root in source["roots"]]
            print(number, source["host"], *roots)
        return
    number, target = int(arguments[1]), arguments[2]
    if number not in snapshots or number in removed:
        sys.exit(f"there is no snapshot {number}")
    source = snapshots[number].document["source"]["id"]
    paths, current = tree_at(runs.values(), number, source)
    restore(paths, current, Blobs(frames, runs), source, target)


if __name__ == "__main__":
    main(sys.argv[1:])
