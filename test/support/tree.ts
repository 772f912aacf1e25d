/** A directory tree as plain data, read with nothing of Varve. */
import * as fs from 'node:fs';

/** `path below the root, one byte a character` -> what is there; '' is the root itself. */
export type Tree = Map<string, TreeNode>;

export interface TreeNode {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** Bytes of a file, target of a symbolic link, one byte a character. */
  readonly content: string;
}

export function readTree(root: string): Tree {
  const tree: Tree = new Map();
  const visit = (path: string, below: string): void => {
    const node = readNode(path);
    tree.set(below, node);
    if (node.type !== 'directory') return;
    for (const name of fs.readdirSync(bytes(path), 'latin1').sort()) {
      visit(`${path}/${name}`, below === '' ? name : `${below}/${name}`);
    }
  };
  visit(Buffer.from(root).toString('latin1'), '');
  return tree;
}

/** The buffer for a path that holds one byte a character. */
export function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

function readNode(path: string): TreeNode {
  const stat = fs.lstatSync(bytes(path), { bigint: true });
  const common = { mode: Number(stat.mode) & 0o7777, mtimeNs: stat.mtimeNs };
  if (stat.isFile()) {
    return { ...common, type: 'file', content: fs.readFileSync(bytes(path)).toString('latin1') };
  }
  if (stat.isSymbolicLink()) {
    const content = fs.readlinkSync(bytes(path), 'buffer').toString('latin1');
    return { ...common, type: 'symlink', content };
  }
  return { ...common, type: stat.isDirectory() ? 'directory' : 'other', content: '' };
}
