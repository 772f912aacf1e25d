/**
 * The package.json of what is packed. `npm pack` calls it twice: before packing it takes the place of the
 * project's own, afterwards the project's own comes back. It names the systems that Varve runs on, which a
 * clone must not (npm would refuse to install there what types and lint need), and leaves out what only a
 * clone needs.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const manifest = join(root, 'package.json');
const kept = join(root, 'node_modules/.cache/varve/package.json');

// The scripts stay: after a pack that was interrupted, `npm run build` brings the project's manifest back.
const ONLY_IN_A_CLONE = ['allowScripts', 'devDependencies', 'workspaces'];

/** Puts the package's manifest in place of the project's. */
function toPackage() {
  mkdirSync(dirname(kept), { recursive: true });
  copyFileSync(manifest, kept);
  const entries = Object.entries(JSON.parse(readFileSync(manifest, 'utf8')));
  const left = entries.filter(([name]) => !ONLY_IN_A_CLONE.includes(name));
  const packed = { ...Object.fromEntries(left), os: ['linux'], cpu: architectures() };
  writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`);
}

/** Brings the project's manifest back, also after a pack that was interrupted. */
export function toProject() {
  if (existsSync(kept)) renameSync(kept, manifest);
}

/** Those that a compiled zstd lies in `dist/native/` for. */
function architectures() {
  const { optionalDependencies } = JSON.parse(readFileSync(manifest, 'utf8'));
  return Object.keys(optionalDependencies)
    .map((name) => name.replace(/.*-/, ''))
    .filter((arch) => existsSync(join(root, `dist/native/zstd-linux-${arch}.node`)));
}

if (process.argv[2] === 'package') toPackage();
if (process.argv[2] === 'project') toProject();
