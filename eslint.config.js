import js from '@eslint/js';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * The floors of docs/architecture.md: what each folder may import from `src`, itself aside. An import
 * goes down, never up.
 */
const mayImport = {
  'errors.ts': [],
  platform: ['errors.ts'],
  threads: ['errors.ts', 'platform'],
  delta: ['errors.ts', 'platform'],
  'rdiff/format': ['errors.ts', 'platform', 'delta'],
  rdiff: ['errors.ts', 'platform', 'threads', 'delta'],
  'repo/model.ts': ['platform'],
  'repo/tree': ['errors.ts', 'platform', 'repo/model.ts'],
  'repo/index': ['errors.ts', 'platform', 'repo/model.ts'],
  'repo/packs': ['errors.ts', 'platform', 'repo/model.ts', 'delta'],
  'repo/chain': ['errors.ts', 'platform', 'repo/model.ts', 'delta', 'repo/packs'],
  'repo/worker': [
    'errors.ts',
    'threads',
    'platform',
    'repo/model.ts',
    'delta',
    'repo/packs',
    'repo/tree',
    'repo/chain',
  ],
  'repo/repository': [
    'errors.ts',
    'platform',
    'threads',
    'delta',
    'repo/model.ts',
    'repo/packs',
    'repo/tree',
    'repo/index',
    'repo/chain',
    'repo/worker',
  ],
  'repo/operations': ['errors.ts', 'platform', 'threads', 'repo', 'delta'],
  'remote/transport': ['errors.ts', 'platform'],
  'remote/copy': ['errors.ts', 'threads', 'platform', 'rdiff/format', 'remote'],
  'remote/serve.ts': ['errors.ts', 'platform', 'remote'],
  // The command `rdiff` has a door of its own: loading the library takes longer than most patches.
  cli: [
    'errors.ts',
    'store.ts',
    'rdiff/index.ts',
    'platform/clock.ts',
    'platform/count.ts',
    'platform/local-time.ts',
    'platform/package-files.ts',
    'platform/compile-cache.ts',
    'platform/refusals.ts',
    'platform/signals.ts',
    'platform/system-errors.ts',
    'platform/requirements.ts',
    'platform/process-bytes.ts',
  ],
};

const floors = Object.entries(mayImport).map(([folder, allowed]) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...allowed].map((path) => `./${path}`),
  message: 'An import goes down, never up or sideways: see docs/architecture.md.',
}));

/** A module, and the only places that may import it. */
const homes = [
  { names: ['node:fs', 'node:fs/promises', 'fs'], home: ['src/platform/**'] },
  // Randomness, and hashes besides: `platform/node-modules.ts` loads it when it is needed.
  { names: ['node:crypto'], home: ['src/platform/**'] },
  {
    names: ['@napi-rs/blake-hash', 'better-sqlite3', 'zstd-napi', 'zstd-napi/binding.js'],
    home: ['src/platform/native-modules.ts'],
  },
  { names: ['node:child_process'], home: ['src/platform/**'] },
];

const bans = (allowed) => ({
  '@typescript-eslint/no-restricted-imports': [
    'error',
    {
      paths: homes
        .filter((h) => !allowed.includes(h))
        .flatMap((h) =>
          h.names.map((name) => ({
            name,
            message: `Only ${h.home.join(', ')} may import it.`,
            allowTypeImports: true,
          })),
        ),
    },
  ],
});

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[property.name='pathname'] > NewExpression[callee.name='URL']",
          message: 'A blank is %20 in it: take fileURLToPath().',
        },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      ...bans([]),
      'import-x/no-restricted-paths': ['error', { zones: floors }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 4],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the clock from the platform.' },
        { object: 'performance', property: 'now', message: 'Take the clock from the platform.' },
        { object: 'process', property: 'exit', message: 'Only the command line ends the process.' },
        { object: 'Math', property: 'random', message: 'Take randomness from the platform.' },
      ],
    },
  },
  ...[...new Set(homes.flatMap((h) => h.home))].map((home) => ({
    files: [home],
    rules: bans(homes.filter((h) => h.home.includes(home))),
  })),
  { files: ['src/platform/**'], rules: { 'no-restricted-properties': 'off' } },
  { files: ['src/cli/varve.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['test/**/*.ts'],
    ignores: ['test/support/machine.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          name: 'node:child_process',
          importNames: ['execFileSync', 'execSync'],
          message: 'runProgram() skips the test where the program is not installed.',
        },
      ],
    },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        performance: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
