import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The floors of docs/architecture.md: a folder, and the folders that it must not import from. */
const floors = [
  { target: './src/delta', from: './src', except: ['./delta', './errors.ts'] },
  { target: './src/errors.ts', from: './src' },
  { target: './src/repo/platform', from: './src', except: ['./repo/platform', './errors.ts'] },
  {
    target: ['./src/repo/packs', './src/repo/tree', './src/repo/index'],
    from: './src',
    except: [
      './repo/packs',
      './repo/tree',
      './repo/index',
      './repo/platform',
      './errors.ts',
      './delta/hash.ts',
      './repo/model.ts',
    ],
  },
  { target: './src/repo/packs', from: ['./src/repo/tree', './src/repo/index'] },
  { target: './src/repo/tree', from: ['./src/repo/packs', './src/repo/index'] },
  { target: './src/repo/index', from: ['./src/repo/packs', './src/repo/tree'] },
  {
    target: './src/repo/chain',
    from: [
      './src/repo/index',
      './src/repo/worker',
      './src/repo/operations',
      './src/cli',
      './src/remote',
    ],
  },
  {
    target: './src/repo/worker',
    from: ['./src/repo/index', './src/repo/operations', './src/cli', './src/remote'],
  },
  { target: './src/repo/operations', from: ['./src/cli', './src/remote', './src/index.ts'] },
  { target: './src/rdiff', from: './src', except: ['./rdiff', './delta', './errors.ts'] },
  { target: './src/remote', from: ['./src/cli', './src/index.ts'] },
  { target: './src/cli', from: './src', except: ['./cli', './index.ts', './rdiff/index.ts'] },
  { target: './src/cli/!(rdiff)/**', from: './src/rdiff' },
];

/** A module, and the only places that may import it. */
const homes = [
  { names: ['better-sqlite3'], home: ['src/repo/index/**'] },
  { names: ['zstd-napi', 'zstd-napi/binding.js'], home: ['src/repo/packs/**'] },
  {
    names: ['node:fs', 'node:fs/promises', 'fs'],
    home: ['src/repo/platform/**', 'src/rdiff/files/**'],
  },
  { names: ['koffi'], home: ['src/repo/platform/**'] },
];

const bans = (allowed) => ({
  'no-restricted-imports': [
    'error',
    {
      paths: homes
        .filter((h) => !allowed.includes(h))
        .flatMap((h) =>
          h.names.map((name) => ({ name, message: `Only ${h.home.join(', ')} may import it.` })),
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
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      ...bans([]),
      'import-x/no-restricted-paths': ['error', { zones: floors }],
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Take the clock from the platform.' },
        { object: 'process', property: 'exit', message: 'Only the command line ends the process.' },
        { object: 'Math', property: 'random', message: 'Take randomness from the platform.' },
      ],
    },
  },
  ...[...new Set(homes.flatMap((h) => h.home))].map((home) => ({
    files: [home],
    rules: bans(homes.filter((h) => h.home.includes(home))),
  })),
  { files: ['src/cli/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
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
