/** A copy of the project in which faults are made and tests run. */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { mutated } from './list.js';

const root = join(import.meta.dirname, '../..');

/** What takes longer hangs, and that is found as well: the whole suite takes four minutes. */
const LIMIT_MS = 500_000;

/** It compares the list with the sources, and would call every fault found. */
const LIST_TEST = 'test/docs/mutants.test.ts';

/** With what git knows of, and all that is new beside it. `remove()` takes it away. */
export function createWorkspace() {
  const directory = mkdtempSync(join(tmpdir(), 'varve-mutants-'));
  const listed = spawnSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: root });
  for (const file of listed.stdout.toString().split('\0')) {
    if (file === '' || file === LIST_TEST || !existsSync(join(root, file))) continue;
    mkdirSync(dirname(join(directory, file)), { recursive: true });
    cpSync(join(root, file), join(directory, file), { verbatimSymlinks: true });
  }
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  return {
    directory,
    remove: () => rmSync(directory, { recursive: true, force: true }),
    /** Runs `action` with the fault in place. */
    async withMutant(mutant, action) {
      const path = join(directory, mutant.file);
      const source = readFileSync(path, 'utf8');
      writeFileSync(path, mutated(source, mutant));
      try {
        return await action();
      } finally {
        writeFileSync(path, source);
      }
    },
    /** Threads and programs run what is built. */
    build: () => run(directory, ['tools/build.js', 'code']),
    /** Until the first test fails. @returns what failed, or undefined */
    async firstFailure(args) {
      const report = join(directory, 'report.json');
      rmSync(report, { force: true });
      const isRight = await run(directory, [
        join(root, 'node_modules/vitest/vitest.mjs'),
        ...['run', '--bail', '1', '--reporter', 'json', '--outputFile', report],
        ...['--passWithNoTests', ...args],
      ]);
      return isRight ? undefined : failureIn(report, directory);
    },
  };
}

/** Whether the program ends as it should. */
function run(cwd, args) {
  const program = spawn(process.execPath, args, { cwd, stdio: 'ignore', timeout: LIMIT_MS });
  return new Promise((resolve) => {
    program.once('error', () => resolve(false));
    program.once('close', (code) => resolve(code === 0));
  });
}

function failureIn(report, directory) {
  try {
    const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
    for (const { name, assertionResults } of testResults) {
      const failed = assertionResults.find((test) => test.status === 'failed');
      if (failed) return `${name.slice(directory.length + 1)}: ${failed.fullName}`;
    }
    // A file that cannot even be loaded. Those that are broken off count as failed, too.
    const file = testResults.find(({ status }) => status === 'failed')?.name;
    if (file) return file.slice(directory.length + 1);
  } catch {
    // The run itself broke off.
  }
  return 'the run of the tests';
}
