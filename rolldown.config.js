import { defineConfig } from 'rolldown';

/**
 * Node takes 0.7 ms for each module that it loads. What every command starts with is one chunk, what
 * many of them go on with another: `varve log` takes 134 ms from its 70 modules, 120 from the 28 chunks
 * that the bundler makes by itself, 105 so. A smaller `minShareCount` makes commands load what they
 * do not need. What a question takes, and all that this imports, is a chunk of its own, which loads
 * neither `node:crypto` nor `node:worker_threads` nor BLAKE3: 15 ms of the 105.
 */
const groups = [
  { name: 'start', test: /commander|src\/(package-root|cli\/(exit-code|output))\./, priority: 2 },
  {
    name: 'question',
    test: (module) =>
      [
        /src\/cli\/(command|session|shared-options|time-help|parse\/filter)\./,
        /src\/cli\/render\/(issues|lines|table|versions)\./,
        /src\/repo\/operations\/(attribute-sets|locate|reading|span)\./,
        /src\/repo\/(index\/(history|names)|tree\/glob)\./,
      ].some((pattern) => pattern.test(module)),
    priority: 2,
  },
  { name: 'time', test: /src\/cli\/parse\/time\./, priority: 2 },
  { name: 'shared', test: /src|date-fns/, minShareCount: 6, priority: 1 },
];

/** Native, or loaded only when they are needed. */
const external = ['@napi-rs/blake-hash', 'better-sqlite3', 'ignore', 'koffi', 'zstd-napi'];

const common = { platform: 'node', logLevel: 'warn', external };
const output = { dir: 'dist', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' };

/**
 * What threads run is bundled apart: with the commands' chunks each would load SQLite and the parser
 * of command lines, and take 68 ms of computing to start instead of 36.
 */
const workers = ['repo', 'rdiff', 'remote'].map((layer) => ({
  ...common,
  input: { [`${layer}/worker/entry`]: `src/${layer}/worker/entry.ts` },
  output,
}));

export default defineConfig([
  {
    ...common,
    input: {
      index: 'src/index.ts',
      'cli/main': 'src/cli/main.ts',
      'cli/rdiff/main': 'src/cli/rdiff/main.ts',
    },
    // An operation that is loaded on demand by one command is a part of another.
    checks: { ineffectiveDynamicImport: false },
    output: { ...output, cleanDir: true, codeSplitting: { groups } },
  },
  ...workers,
]);
