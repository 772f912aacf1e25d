/**
 * Makes a repository with a long history, as rows of the index only (it has no packs), and beside it
 * `queries.json`: what `history.js` asks it. For measuring queries at a size that would take hours to
 * back up. A million paths with 100 snapshots take a minute and 480 MB.
 *
 *     npm run build && node bench/store/make-history.js --dir DIR [--paths 1000000] [--snapshots 100]
 *
 * Each snapshot changes 1 % of the files, adds 0.1 % and removes 0.1 %, anywhere in the tree: the
 * worst case, since real changes are neighbours. The same arguments give the same rows.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import Database from 'better-sqlite3';
import { initRepository, openPlatform } from '../../dist/index.js';

const ROOT = '/srv/data';
const START_MS = Date.UTC(2019, 0, 1);
const DAY_MS = 86_400_000;
const CHANGED_SHARE = 0.01;
const ADDED_SHARE = 0.001;
const REMOVED_SHARE = 0.001;
const FILES_A_DIRECTORY = 50;
const BLOBS_A_FRAME = 120;
const BLOB_STORED_BYTES = 3000;
const DELTA_STORED_BYTES = 150;

const WORDS = (
  'account archive asset audit backup banner basket batch billing board bridge budget ' +
  'buffer bundle button calendar campaign canvas catalog chart client cluster comment ' +
  'config contact context contract control counter customer dashboard database delivery ' +
  'design detail device dialog document domain draft driver editor element engine entry ' +
  'error event export factory feature field figure filter folder forecast format frame ' +
  'gallery gateway graph group handler header helper history image import index input ' +
  'invoice item journal kernel label layout ledger legacy letter library license list ' +
  'loader local log machine mail manual market matrix meeting member memo menu message ' +
  'method metric migration minutes mobile model module monitor network notes number object ' +
  'offer order output owner package page panel parser partner payment person photo planning ' +
  'player policy portal prefix price process product profile project proposal query queue ' +
  'quote record region register release reminder render request resource result review ' +
  'route sample schedule schema scope script search section server service session setting ' +
  'shipment signal source stage statement status storage stream string style summary ' +
  'supplier support survey switch symbol system table target task template test theme ' +
  'thread ticket timer token tool topic trace traffic transfer tree trigger type update ' +
  'upload user value vendor version video view widget window worker '
)
  .trim()
  .split(' ');
const EXTENSIONS = 'txt md pdf docx xlsx ts js py c h json xml html css png csv log'.split(' ');

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    paths: { type: 'string', default: '1000000' },
    snapshots: { type: 'string', default: '100' },
  },
});
if (values.dir === undefined) {
  console.error('usage: make-history.js --dir DIR [--paths N] [--snapshots N]');
  process.exit(2);
}
const directory = values.dir;
const pathCount = Number(values.paths);
const snapshotCount = Number(values.snapshots);

const random = createRandom(20190101);
const below = (limit) => Math.floor(random() * limit);
const pick = (list) => list[below(list.length)];

mkdirSync(directory, { recursive: true });
const repository = `${directory}/repository`;
await initRepository(repository, openPlatform());
const history = writeHistory(`${repository}/index.sqlite`);
writeFileSync(`${directory}/queries.json`, JSON.stringify(queriesFor(history), null, 2));

function writeHistory(indexPath) {
  const db = new Database(indexPath);
  for (const pragma of ['journal_mode = OFF', 'synchronous = OFF', 'cache_size = -1000000']) {
    db.pragma(pragma);
  }
  const rows = createRows(db);
  db.prepare('INSERT INTO source (id, host, roots) VALUES (1, ?, ?)').run(
    'bench',
    Buffer.from(`${ROOT}\0`),
  );
  const tree = { files: [], directories: [] };
  const totals = { files: 0, bytes: 0 };

  const addFile = (parent, name, snapshot) => {
    const file = { id: rows.path(parent.id, name), parent, name, blob: 0, size: fileSize() };
    file.blob = rows.fullBlob(file.size);
    rows.open(file.id, snapshot, 1, file.size, file.blob);
    tree.files.push(file);
    totals.files += 1;
    totals.bytes += file.size;
  };
  const addTree = (parent, { name, directories, fileCount }) => {
    const node = { id: rows.path(parent.id, name), path: joined(parent.path, name) };
    rows.open(node.id, 1, 2, 0, null);
    tree.directories.push(node);
    const names = new Set();
    while (names.size < fileCount) names.add(fileName());
    const entries = [...directories, ...[...names].map((each) => ({ name: each }))];
    entries.sort((left, right) => (left.name < right.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.directories) addTree(node, entry);
      else addFile(node, entry.name, 1);
    }
  };
  const runSnapshot = (number) => {
    const touched = new Set();
    const changed = new Set(sample(tree.files, CHANGED_SHARE));
    for (const file of changed) {
      totals.bytes -= file.size;
      file.size = Math.max(1, file.size + below(200) - 80);
      totals.bytes += file.size;
      const blob = rows.fullBlob(file.size);
      rows.retire(file.blob, blob);
      file.blob = blob;
      rows.close(file.id, number);
      rows.open(file.id, number, 1, file.size, blob);
    }
    const removed = new Set(sample(tree.files, REMOVED_SHARE).filter((file) => !changed.has(file)));
    for (const { id, parent, size } of removed) {
      rows.close(id, number);
      touched.add(parent);
      totals.files -= 1;
      totals.bytes -= size;
    }
    tree.files = tree.files.filter((file) => !removed.has(file));
    for (let count = Math.round(tree.files.length * ADDED_SHARE); count > 0; count--) {
      const parent = pick(tree.directories);
      addFile(parent, `${number}-${count}-${fileName()}`, number);
      touched.add(parent);
    }
    for (const { id } of touched) {
      rows.close(id, number);
      rows.open(id, number, 2, 0, null);
    }
  };

  for (let number = 1; number <= snapshotCount; number++) {
    const before = totals.files;
    db.exec('BEGIN');
    if (number === 1) addTree({ id: -1, path: '' }, plan());
    else runSnapshot(number);
    rows.snapshot(number, totals, tree.directories.length, before);
    rows.counters(number);
    db.exec('COMMIT');
  }
  db.pragma('journal_mode = WAL');
  db.close();
  return tree;
}

/** The statements, with the ids that were given out. */
function createRows(db) {
  const insertPath = db.prepare('INSERT INTO path VALUES (?, ?, ?)');
  const insertVersion = db.prepare(
    `INSERT INTO version (path, last, first, type, flags, mode, uid, gid, mtime_s, mtime_ns, ctime_s,
       ctime_ns, inode, links, rdev, attributes, size, link, blob, content)
     VALUES (?, 0, ?, ?, 0, ?, 1000, 1000, ?, ?, ?, ?, ?, 0, 0, 0, ?, NULL, ?, NULL)`,
  );
  const closeVersion = db.prepare('UPDATE version SET last = ? WHERE path = ? AND last = 0');
  const insertBlob = db.prepare(
    `INSERT INTO blob (id, hash, kind, length, frame, member, basis, stored, tail_links, tail_bytes)
     VALUES (?, ?, 1, ?, ?, ?, NULL, ?, 0, 0)`,
  );
  const retireBlob = db.prepare(
    'UPDATE blob SET kind = 2, frame = ?, member = ?, basis = ?, stored = ? WHERE id = ?',
  );
  const insertFrame = db.prepare('INSERT INTO frame VALUES (?, 1, ?, ?, ?, ?, ?, ?, 0)');
  const insertSnapshot = db.prepare(
    `INSERT INTO snapshot VALUES (@number, 1, @number, @startedMs, @finishedMs, '[]', @files,
       @directories, 0, 0, @bytes, @filesNew, 0, 0, 0, 0, 0)`,
  );
  const setCounter = db.prepare('UPDATE counter SET value = ? WHERE name = ?');
  const putPack = db.prepare(
    `INSERT INTO pack VALUES (1, 1, ?) ON CONFLICT (number) DO UPDATE SET length = excluded.length`,
  );
  const last = { path: 0, blob: 0, frame: 0, offset: 32 };
  const open = { full: { frame: 0, count: 0 }, delta: { frame: 0, count: 0 } };
  const hash = Buffer.alloc(32);

  /** A place in a frame of that kind; a new frame when the open one is full. */
  const place = (kind, storedBytes) => {
    const state = kind === 1 ? open.full : open.delta;
    if (state.count % BLOBS_A_FRAME === 0) {
      state.frame = ++last.frame;
      state.count = 0;
      const head = 48 + BLOBS_A_FRAME * 40;
      const payload = BLOBS_A_FRAME * storedBytes;
      insertFrame.run(last.frame, last.offset, head + payload, kind, head, payload, payload);
      last.offset += head + payload;
    }
    return [state.frame, state.count++];
  };

  return {
    path(parent, name) {
      insertPath.run(++last.path, parent, Buffer.from(name));
      return last.path;
    },
    fullBlob(length) {
      for (let at = 0; at < 32; at += 4) hash.writeUInt32LE(random() * 2 ** 32, at);
      insertBlob.run(++last.blob, hash, length, ...place(1, BLOB_STORED_BYTES), BLOB_STORED_BYTES);
      return last.blob;
    },
    retire(old, newer) {
      retireBlob.run(...place(2, DELTA_STORED_BYTES), newer, DELTA_STORED_BYTES, old);
    },
    open(path, snapshot, type, size, blob) {
      const seconds = Math.floor((START_MS + snapshot * DAY_MS) / 1000) - below(86_400);
      const nanoseconds = below(1e9);
      const inode = 1_000_000 + path;
      const mode = type === 2 ? 0o755 : 0o644;
      const times = [seconds, nanoseconds, seconds, nanoseconds];
      insertVersion.run(path, snapshot, type, mode, ...times, inode, size, blob);
    },
    close: (path, snapshot) => closeVersion.run(snapshot, path),
    snapshot(number, { files, bytes }, directories, before) {
      const startedMs = START_MS + number * DAY_MS;
      const filesNew = Math.max(0, files - before);
      const row = { number, startedMs, finishedMs: startedMs + 60_000, files, directories, bytes };
      insertSnapshot.run({ ...row, filesNew });
    },
    counters(number) {
      const { path, blob, frame, offset } = last;
      const marks = { path, blob, frame, pack: 1, snapshot: number, generation: number };
      for (const [name, value] of Object.entries(marks)) setCounter.run(value, name);
      putPack.run(offset);
    },
  };
}

/** The tree to make: people, their projects, and folders in those; all hold files but the first two. */
function plan() {
  const holders = Math.max(1, Math.round(pathCount / (FILES_A_DIRECTORY + 1)));
  const people = Math.max(1, Math.round(holders / 1000));
  const projects = Math.max(1, Math.round(holders / people / 20));
  const folders = Math.max(0, Math.round(holders / people / projects) - 1);
  const upper = 1 + people;
  const files = pathCount - upper - people * projects * (1 + folders);
  const each = Math.max(1, Math.floor(files / (people * projects * (1 + folders))));
  const list = (count, make) => Array.from({ length: count }, (_, position) => make(position));
  return {
    name: ROOT,
    fileCount: 0,
    directories: list(people, (person) => ({
      name: `${pick(WORDS)}.${pick(WORDS)}${person}`,
      fileCount: 0,
      directories: list(projects, (project) => ({
        name: `${pick(WORDS)}-${pick(WORDS)}-${project}`,
        fileCount: each,
        directories: list(folders, (folder) => ({
          name: pick([`${2010 + folder}-${pick(WORDS)}`, `${pick(WORDS)}${folder}`]),
          fileCount: each,
          directories: [],
        })),
      })),
    })),
  };
}

function fileName() {
  const kind = random();
  const extension = pick(EXTENSIONS);
  if (kind < 0.35) return `${pick(WORDS)}-${pick(WORDS)}-${below(100)}.${extension}`;
  if (kind < 0.6)
    return `${pick(WORDS)}${capital(pick(WORDS))}${capital(pick(WORDS))}.${extension}`;
  if (kind < 0.8) return `IMG_${20100000 + below(150_000)}_${100_000 + below(899_999)}.jpg`;
  if (kind < 0.81) return `report-${2010 + below(15)}-${pick(WORDS)}-${below(1000)}.pdf`;
  return `${pick(WORDS)}_${below(100_000)}.${extension}`;
}

/** Mostly some kB, now and then a MB. */
function fileSize() {
  return Math.floor(200 * Math.exp(random() * random() * 9));
}

function queriesFor({ files, directories }) {
  const paths = Array.from({ length: 5 }, () => pick(files));
  const pathOf = ({ parent, name }) => joined(parent.path, name);
  const middle = String(Math.ceil(snapshotCount / 2));
  const before = String(Math.max(1, snapshotCount - 1));
  return {
    paths: pathCount,
    snapshots: snapshotCount,
    log: paths.map((file) => [pathOf(file)]),
    find: [...paths.slice(0, 2).map(({ name }) => [name]), ['*report-2019*'], ['report-2019-*']],
    ls: [
      ...paths.slice(0, 2).map(({ parent }) => [parent.path]),
      ['--at', middle, pick(directories).path],
      ['-l', ROOT],
    ],
    diff: [
      [before, String(snapshotCount)],
      [String(Math.max(1, Number(middle) - 1)), middle],
    ],
  };
}

/** About that share of `list`, each once, in the order of the list. */
function sample(list, share) {
  return list.filter(() => random() < share);
}

function joined(parent, name) {
  return parent === '' ? name : `${parent}/${name}`;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

/** mulberry32: small, and the same everywhere. */
function createRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
