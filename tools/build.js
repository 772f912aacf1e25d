/** `npm run build`: all of `dist/`, from the sources. `node tools/build.js code`: only what runs, in a second. */
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { bundles } from './bundles.js';
import { toProject } from './manifest.js';
import { collectPackages, licenceTexts } from './licences.js';
import { installZstd } from './zstd.js';

const root = join(import.meta.dirname, '..');
const packages = new Set(['zstd-napi']);

toProject();
for (const bundle of bundles) {
  await build({ ...bundle, plugins: [collectPackages(packages)] });
}
const isWhole = process.argv[2] !== 'code';
const types = isWhole ? writeTypes() : undefined;
for (const program of ['dist/cli/main.js', 'dist/cli/rdiff/main.js']) {
  chmodSync(join(root, program), 0o755);
}
installZstd(process.arch);
// For a package that is made here to run on another architecture too: VARVE_PACK_FOR=arm64 npm pack.
for (const arch of (process.env.VARVE_PACK_FOR ?? '').split(/[\s,]+/)) if (arch) installZstd(arch);
if (isWhole) writeLicences();
await types;

/** The types of the library's door as one file, and nothing of what lies behind it. */
async function writeTypes() {
  const generator = 'node_modules/dts-bundle-generator/dist/bin/dts-bundle-generator.js';
  const options = [
    ['--project', 'tsconfig.json'],
    ['--out-file', 'dist/index.d.ts'],
    ['--external-inlines', 'date-fns'],
    ['--export-referenced-types', 'false'],
  ].flat();
  await promisify(execFile)(
    process.execPath,
    [generator, '--silent', '--no-check', '--no-banner', ...options, 'src/index.ts'],
    { cwd: root },
  );
}

function writeLicences() {
  const zstd = ['zstd (BSD)', join(root, 'node_modules/zstd-napi/deps/zstd/LICENSE')];
  writeFileSync(join(root, 'dist/THIRD-PARTY-LICENCES'), licenceTexts(packages, [zstd]));
}
