/** Small repositories for tests, filled by the real backup on this thread: no build is needed. */
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { onTestFinished } from 'vitest';
import type { BackupOptions } from '../../src/repo/operations/backup/backup.js';
import type { BackupResult } from '../../src/repo/operations/backup/snapshot-run.js';
import { initRepository } from '../../src/repo/repository/init.js';
import { readConfig } from '../../src/repo/repository/config.js';
import { openDirectoryPackStore } from '../../src/repo/packs/pack-store.js';
import { bufferFromBytes, bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import { openPlatform, type Platform } from '../../src/platform/platform.js';
import { createInlinePool } from '../../src/repo/worker/pool.js';
import { backup } from './by-path.js';

export interface TestRepository {
  readonly path: string;
  readonly platform: Platform;
  /** A directory to back up. */
  readonly tree: string;
}

/** What stands at a path of a test tree. Every modification time is {@link MTIME}. */
export type TreeNode =
  | { readonly type: 'file'; readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly type: 'directory'; readonly mode?: number }
  | { readonly type: 'symlink'; readonly target: string };

/** Paths below the root, one byte a character, to what stands there. */
export type Tree = Readonly<Record<string, TreeNode>>;

/** Seconds since 1970: of everything that {@link writeTree} makes. */
export const MTIME = 1_500_000_000;

/** An empty repository and an empty tree, both gone after the test. */
export function makeRepository(): TestRepository {
  const directory = realpathSync(mkdtempSync(`${tmpdir()}/varve-test-`));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const platform = openPlatform();
  initRepository(`${directory}/repo`, platform);
  mkdirSync(`${directory}/tree`);
  return { path: `${directory}/repo`, platform, tree: `${directory}/tree` };
}

/** Takes a snapshot of the tree, or of the paths that the options name. */
export function backupTree(
  { path, platform, tree }: TestRepository,
  options: Partial<BackupOptions> = {},
): Promise<BackupResult> {
  const { id } = readConfig(path, platform);
  return backup(path, platform, {
    paths: [tree],
    host: 'host',
    jobs: 1,
    createPool: (laneCount, begin) =>
      createInlinePool(
        platform.files,
        () => openDirectoryPackStore(platform.files, `${path}/packs`, id),
        laneCount,
        begin,
      ),
    ...options,
  });
}

/** Makes the tree exactly `nodes`. Parents come before what they hold. */
export function writeTree(root: string, nodes: Tree): void {
  for (const name of readdirSync(root, { encoding: 'buffer' })) {
    rmSync(Buffer.concat([Buffer.from(`${root}/`), name]), { recursive: true, force: true });
  }
  const entries = Object.entries(nodes).sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [path, node] of entries) makeNode(onDisk(root, path), node);
  for (const [path, node] of entries.reverse()) {
    if (node.type === 'symlink') lutimesSync(onDisk(root, path), MTIME, MTIME);
    else utimesSync(onDisk(root, path), MTIME, MTIME);
  }
  utimesSync(root, MTIME, MTIME);
}

/** The absolute path as operations give it. */
export function absolute(root: string, path: string): ByteString {
  return (path === '' ? bytesFromText(root) : `${bytesFromText(root)}/${path}`) as ByteString;
}

/** The path below the root of an absolute path. */
export function below(root: string, path: ByteString): string {
  return path.slice(bytesFromText(root).length + 1);
}

function onDisk(root: string, path: string): Buffer {
  return bufferFromBytes(absolute(root, path));
}

function makeNode(path: Buffer, node: TreeNode): void {
  if (node.type === 'symlink') symlinkSync(node.target, path);
  else if (node.type === 'directory') mkdirSync(path);
  else writeFileSync(path, node.content);
  if (node.type !== 'symlink') chmodSync(path, node.mode ?? (node.type === 'file' ? 0o644 : 0o755));
}
