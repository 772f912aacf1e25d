/**
 * Mutants that StrykerJS makes. It is no dependency of the project, since it brings 158 packages:
 * `npm install --no-save @stryker-mutator/core@10 @stryker-mutator/vitest-runner@10` puts it beside the
 * others.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleOf } from './list.js';

const root = join(import.meta.dirname, '../..');
const WINDOW_LINES = 10;
/** Older ones ask Vitest 5 for nested tests by names that it does not know, and call all that survival. */
const LEAST_VERSION = 10;

/**
 * `sample`: how many windows of ten lines of the folder get mutants, chosen by the seed; all without one.
 * @returns the same shape as `runHandWritten`
 */
export function runFramework({ folder, sample, seed, minutes, jobs }) {
  const installed = join(root, 'node_modules/@stryker-mutator');
  checkVersion(join(installed, 'vitest-runner/package.json'));
  const program = join(installed, 'core/bin/stryker.js');
  const work = mkdtempSync(join(tmpdir(), 'varve-stryker-'));
  const config = join(work, 'stryker.config.json');
  writeFileSync(config, JSON.stringify(configFor(mutatedLines(folder, sample, seed), jobs, work)));
  try {
    const { status, error } = spawnSync(process.execPath, [program, 'run', config], {
      cwd: root,
      stdio: 'inherit',
      timeout: minutes * 60_000,
    });
    if (error) throw error;
    if (status !== 0) throw new Error(`StrykerJS ended with ${status}.`);
    return resultsOf(JSON.parse(readFileSync(join(work, 'report.json'), 'utf8')));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function checkVersion(manifest) {
  const version = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : '0';
  if (parseInt(version, 10) >= LEAST_VERSION) return;
  throw new Error(
    'StrykerJS 10 or newer is needed: npm install --no-save @stryker-mutator/core@10 @stryker-mutator/vitest-runner@10',
  );
}

function configFor(mutate, jobs, work) {
  return {
    mutate,
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    // Tests of the command line change the working directory, which a thread cannot.
    vitest: { configFile: 'tools/mutants/vitest.config.js', related: false, pool: 'forks' },
    coverageAnalysis: 'perTest',
    // A mutant in what runs once when a module loads would take the whole suite.
    ignoreStatic: true,
    // Texts for people are compared by the tests that run the program.
    mutator: { excludedMutations: ['StringLiteral'] },
    reporters: ['progress', 'json'],
    jsonReporter: { fileName: join(work, 'report.json') },
    tempDirName: join(work, 'sandbox'),
    ignorePatterns: ['.ci', 'coverage', 'reports'],
    timeoutMS: 60_000,
    dryRunTimeoutMinutes: 15,
    concurrency: jobs,
    allowEmpty: true,
  };
}

function mutatedLines(folder, sample, seed) {
  if (sample === Infinity) return [`${folder}/**/*.ts`];
  const windows = globSync(`${folder}/**/*.ts`, { cwd: root })
    .toSorted()
    .flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n').length;
      return Array.from({ length: Math.ceil(lines / WINDOW_LINES) }, (_, i) => {
        const first = i * WINDOW_LINES + 1;
        return `${file}:${first}-${Math.min(first + WINDOW_LINES - 1, lines)}`;
      });
    });
  return sampleOf(windows, sample, seed);
}

const FOUND = ['Killed', 'Timeout'];
const SURVIVED = ['Survived', 'NoCoverage'];

function resultsOf({ files }) {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => FOUND.includes(status) || SURVIVED.includes(status))
      .map((mutant) => ({
        mutant: { file, line: mutant.location.start.line, ...described(source, mutant) },
        result: FOUND.includes(mutant.status) ? 'found' : 'survived',
        seconds: 0,
      })),
  );
}

function described(source, { mutatorName, replacement, location: { start, end }, status }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const what = status === 'NoCoverage' ? `${mutatorName}, which no test reaches` : mutatorName;
  return { what, old: lines.join('\n').trim(), new: replacement ?? '' };
}
