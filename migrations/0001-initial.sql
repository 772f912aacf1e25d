-- The index of a Varve repository, schema version 1.
--
-- Everything here can be rebuilt from the packs (`varve repair --rebuild-index`). The first group of
-- tables holds what manifests say; the second where the bytes are. Hashes are BLAKE3-256, 32 bytes.
-- Times are UTC. `last` = 0 means "still current", so that a current version is found by its key.

-- A host plus the root paths that are backed up together; its snapshots form a series.
CREATE TABLE source (
  id     INTEGER PRIMARY KEY,
  host   TEXT NOT NULL,
  roots  BLOB NOT NULL,                -- absolute paths as bytes, each ended by NUL, in byte order
  UNIQUE (host, roots)
) STRICT;

-- One finished backup run. The number is the order of arrival; no clock takes part in it.
CREATE TABLE snapshot (
  number           INTEGER PRIMARY KEY,
  source           INTEGER NOT NULL REFERENCES source (id),
  generation       INTEGER NOT NULL,   -- of the frames and the manifest that the run wrote
  started_ms       INTEGER NOT NULL,   -- milliseconds since 1970
  finished_ms      INTEGER NOT NULL,
  tags             TEXT NOT NULL,      -- JSON array of strings
  files            INTEGER NOT NULL,   -- regular files in the snapshot
  directories      INTEGER NOT NULL,
  symlinks         INTEGER NOT NULL,
  specials         INTEGER NOT NULL,   -- fifos, sockets and devices
  bytes            INTEGER NOT NULL,   -- sum of the sizes of the regular files
  files_new        INTEGER NOT NULL,
  files_changed    INTEGER NOT NULL,
  files_removed    INTEGER NOT NULL,
  bytes_read       INTEGER NOT NULL,
  bytes_stored     INTEGER NOT NULL,   -- bytes appended to packs
  issues           INTEGER NOT NULL    -- source files that could not be read
) STRICT;
CREATE INDEX snapshot_by_source ON snapshot (source, number);

-- A node of a source tree. A root has parent = -source and its absolute path as its name. Ids are
-- never used twice.
CREATE TABLE path (
  id      INTEGER PRIMARY KEY,
  parent  INTEGER NOT NULL,
  name    BLOB NOT NULL                -- bytes, not text; no NUL, and no slash but in a root's
) STRICT;
CREATE UNIQUE INDEX path_by_parent ON path (parent, name);

-- What a path was over the snapshots [first, last) of its source.
CREATE TABLE version (
  path      INTEGER NOT NULL,
  last      INTEGER NOT NULL,          -- first snapshot that no longer has it; 0: still current
  first     INTEGER NOT NULL,
  type      INTEGER NOT NULL,          -- 1 file, 2 directory, 3 symbolic link, 4 fifo, 5 socket, 6 character device, 7 block device
  flags     INTEGER NOT NULL,          -- 1 racy: read it again next time; 2 unstable: it changed while it was read; 4 sparse: it has holes; 8 suspect: its bytes changed while its times did not
  mode      INTEGER NOT NULL,          -- permission bits, 0 to 4095
  uid       INTEGER NOT NULL,
  gid       INTEGER NOT NULL,
  mtime_s   INTEGER NOT NULL,          -- seconds since 1970
  mtime_ns  INTEGER NOT NULL,          -- 0 to 999 999 999, added to mtime_s
  ctime_s   INTEGER NOT NULL,
  ctime_ns  INTEGER NOT NULL,
  btime_s   INTEGER,                   -- time of birth; empty where the file system has none
  btime_ns  INTEGER,
  inode     INTEGER NOT NULL,
  links     INTEGER NOT NULL,          -- files with the same number here are hard links of each other; 0: none
  rdev      INTEGER NOT NULL,          -- major * 2^20 + minor of a device; 0 for the others
  attributes INTEGER NOT NULL,         -- attribute set; 0: an empty one
  size      INTEGER NOT NULL,          -- bytes of a file; 0 for the others
  link      BLOB,                      -- target of a symbolic link
  blob      INTEGER,                   -- content of a file that is one blob; both empty: no bytes
  content   INTEGER,                   -- content of a file that was cut into several
  PRIMARY KEY (path, last)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_by_first ON version (first);
CREATE INDEX version_by_last ON version (last) WHERE last > 0;
CREATE INDEX version_by_blob ON version (blob) WHERE blob IS NOT NULL;
CREATE INDEX version_by_content ON version (content) WHERE content IS NOT NULL;
CREATE INDEX version_by_links ON version (links, first) WHERE links > 0;

-- What else is known of versions: names of the owner, inode flags, extended attributes.
CREATE TABLE attributes (
  id     INTEGER PRIMARY KEY,
  bytes  BLOB NOT NULL UNIQUE          -- an attribute set of docs/format.md, section 6.1
) STRICT;

-- The ordered blobs of a large file.
CREATE TABLE content (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL,                 -- BLAKE3 of the hashes of its blobs, one after another
  size  INTEGER NOT NULL               -- bytes
) STRICT;
CREATE INDEX content_by_hash ON content (substr(hash, 1, 8));

CREATE TABLE content_blob (
  content   INTEGER NOT NULL,
  position  INTEGER NOT NULL,          -- 0, 1, 2, ...
  blob      INTEGER NOT NULL,
  PRIMARY KEY (content, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX content_blob_by_blob ON content_blob (blob);

-- An immutable run of bytes and where it is stored.
CREATE TABLE blob (
  id          INTEGER PRIMARY KEY,
  hash        BLOB NOT NULL,           -- of a hole what stands for it: docs/format.md, section 6.1
  kind        INTEGER NOT NULL,        -- 1 full, 2 delta, 3 lost (damaged; stored again when seen again), 4 hole (zeros, stored nowhere)
  length      INTEGER NOT NULL,        -- bytes when rebuilt
  frame       INTEGER NOT NULL,        -- 0 when lost or a hole
  member      INTEGER NOT NULL,        -- position in the frame's member table
  basis       INTEGER,                 -- blob that a delta is against
  stored      INTEGER NOT NULL,        -- its share of the frame's stored bytes
  tail_links  INTEGER NOT NULL,        -- most links of the chains that end here
  tail_bytes  INTEGER NOT NULL         -- most stored bytes of such a chain, this blob's own not counted
) STRICT;
CREATE INDEX blob_by_hash ON blob (substr(hash, 1, 8));
CREATE INDEX blob_by_basis ON blob (basis) WHERE basis IS NOT NULL;

-- One zstd frame in a pack.
CREATE TABLE frame (
  id           INTEGER PRIMARY KEY,
  pack         INTEGER NOT NULL,
  start        INTEGER NOT NULL,       -- offset in the pack, bytes
  length       INTEGER NOT NULL,       -- header, table and payload, bytes
  kind         INTEGER NOT NULL,       -- as in the frame's header: 1 full, 2 delta, 3 and 4 manifest
  head         INTEGER NOT NULL,       -- bytes of header and table
  live         INTEGER NOT NULL,       -- blob.stored of the members in use, summed; 0: the payload can be given back
  total        INTEGER NOT NULL,       -- the same of all members that were written
  verified_ms  INTEGER NOT NULL        -- when every member was last rebuilt and checked; 0: never
) STRICT;
CREATE INDEX frame_by_pack ON frame (pack, start);
CREATE INDEX frame_dead ON frame (pack, start) WHERE live = 0;

-- An append-only file of frames.
CREATE TABLE pack (
  number  INTEGER PRIMARY KEY,
  kind    INTEGER NOT NULL,            -- 1 blobs, 2 manifests
  length  INTEGER NOT NULL             -- bytes that are committed; what lies beyond is not
) STRICT;

-- High-water marks: the last id or number given out, so that none is used twice.
CREATE TABLE counter (
  name   TEXT PRIMARY KEY,             -- path, links, attributes, blob, content, frame, pack, snapshot, generation
  value  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value)
VALUES ('path', 0), ('links', 0), ('attributes', 0), ('blob', 0), ('content', 0), ('frame', 0), ('pack', 0), ('snapshot', 0), ('generation', 0);
