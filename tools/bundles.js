/**
 * Node takes 0.7 ms for each module that it loads. What every command starts with is one chunk, what
 * many of them go on with another: `varve log` takes 134 ms from its 70 modules, 120 from the 28 chunks
 * that the bundler makes by itself, 105 so. A smaller `minShareCount` makes commands load what they
 * do not need. What a question takes, and all that this imports, is a chunk of its own, which loads
 * neither `node:crypto` nor `node:worker_threads` nor BLAKE3: 15 ms of the 105.
 */
const groups = [
  // Loads on any Node, to say that it is too old.
  {
    name: 'launch',
    test: /src\/(cli\/(cache-directory|launch)|platform\/(compile-cache|requirements))\./,
    priority: 3,
  },
  {
    name: 'start',
    test: /commander|src\/(errors|platform\/(bytes|once|package-files|process-bytes|shown-text)|cli\/(exit-code|output|render\/terminal-line|varve|young-generation))\./,
    priority: 2,
  },
  {
    name: 'question',
    test: (module) =>
      [
        /src\/cli\/(command|origin|session|shared-options|time-help|parse\/filter)\./,
        /src\/cli\/render\/(issues|lines|source|table|versions)\./,
        /src\/repo\/operations\/queries\/(answer|dated-spans|last-seen|local-time|locate|meaning|places|shell-word|sources|span)\./,
        /src\/repo\/repository\/(attribute-sets|config|interrupts|layout|permissions|readers|repository)\./,
        /src\/repo\/(index\/(history|names)|tree\/glob)\./,
      ].some((pattern) => pattern.test(module)),
    priority: 2,
  },
  { name: 'time', test: /src\/cli\/parse\/time\./, priority: 2 },
  { name: 'shared', test: /src|date-fns/, minShareCount: 6, priority: 1 },
];

/**
 * Each thread's code is one file: beside `shared` it would load SQLite and the command line, which takes
 * 66 instead of 44 ms of the processor for each thread.
 */
const threads = [
  { input: 'src/repo/worker/entry.ts', file: 'dist/thread-repo.js' },
  { input: 'src/rdiff/worker/entry.ts', file: 'dist/thread-rdiff.js' },
  { input: 'src/remote/copy/worker/entry.ts', file: 'dist/thread-remote.js' },
];

const common = {
  platform: 'node',
  logLevel: 'warn',
  // An operation that is loaded on demand by one command is a part of another.
  checks: { ineffectiveDynamicImport: false },
  // Native.
  external: ['@napi-rs/blake-hash', 'better-sqlite3'],
};

/** What `npm run build` makes, in this order: the first one empties `dist/`. */
export const bundles = [
  {
    ...common,
    input: {
      index: 'src/index.ts',
      'cli/main': 'src/cli/main.ts',
      'cli/rdiff/main': 'src/cli/rdiff/main.ts',
    },
    output: {
      dir: 'dist',
      cleanDir: true,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups },
    },
  },
  ...threads.map(({ input, file }) => ({
    ...common,
    input,
    output: { file, codeSplitting: false },
  })),
];
