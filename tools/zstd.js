/**
 * Puts zstd-napi's compiled binding into `dist/native/`, from where Varve loads it: the package on the
 * registry carries none. It is compiled with node-gyp, which npm puts on the path of its scripts, against
 * the headers that lie beside the running Node, and kept in `node_modules/.cache` until the package's
 * version changes. A Node-API binding compiled once runs on every later Node.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const source = join(root, 'node_modules/zstd-napi');
const triplets = { arm64: 'aarch64-linux-gnu', x64: 'x86_64-linux-gnu' };

/** For an architecture: another one than this machine's takes a cross compiler of Debian's (`g++-aarch64-linux-gnu`). */
export function installZstd(arch) {
  const file = `zstd-${process.platform}-${arch}.node`;
  const target = join(root, 'dist/native', file);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(compiled(arch, file), target);
}

/** The compiled binding for an architecture: the one in the cache, else a new one. */
function compiled(arch, file) {
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const kept = join(root, `node_modules/.cache/varve/${version}/${file}`);
  if (existsSync(kept)) return kept;
  const work = join(root, `node_modules/.cache/varve/build-${process.pid}`);
  try {
    cpSync(source, work, { recursive: true });
    compile(work, arch);
    mkdirSync(dirname(kept), { recursive: true });
    renameSync(join(work, 'build/Release/binding.node'), kept);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return kept;
}

function compile(work, arch) {
  const node = join(dirname(process.execPath), '..');
  if (!existsSync(join(node, 'include/node/node_api.h'))) {
    runGyp(work, arch, []);
    return;
  }
  // A makefile takes no path with a blank. A link stands in for it.
  const aliases = mkdtempSync(join(/\s/.test(tmpdir()) ? '/tmp' : tmpdir(), 'varve-build-'));
  try {
    const alias = join(aliases, 'node');
    symlinkSync(node, alias);
    runGyp(work, arch, [`--nodedir=${alias}`]);
  } finally {
    rmSync(aliases, { recursive: true });
  }
}

function runGyp(work, arch, headers) {
  const prefix = arch === process.arch ? undefined : triplets[arch];
  const cross = prefix && { CC: `${prefix}-gcc`, CXX: `${prefix}-g++`, AR: `${prefix}-ar` };
  const { status, stdout, stderr, error } = spawnSync(
    'node-gyp',
    ['rebuild', '--release', `--arch=${arch}`, ...headers],
    {
      cwd: work,
      encoding: 'utf8',
      // Without zstd's own threads, which Varve does not use, glibc 2.14 is enough; with them, the
      // binding would load only on systems that are as new as this one.
      env: { ...process.env, ...cross, CFLAGS: '-UZSTD_MULTITHREAD', LDFLAGS: '-s' },
    },
  );
  if (status === 0) return;
  process.stderr.write(stdout + stderr);
  throw new Error(
    `zstd-napi cannot be compiled for ${arch}: a C++ compiler, make and Python 3 are needed.`,
    { cause: error },
  );
}
