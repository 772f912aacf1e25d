/** Runs hand-written mutants: each is found by a test that fails, or survives. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace } from './workspace.js';

/**
 * `jobs` of them at a time, each in a copy of the project of its own.
 * @typedef {{mutant, result: 'found' | 'survived' | 'not run', by?: string, seconds: number}} Result
 * @param {import('./list.js').Mutant[]} mutants
 * @param {object} options
 * @param {number} options.deadlineMs
 * @param {number} options.jobs
 * @param {(line: string) => void} options.tell
 * @param {Result[]} options.known those of them that were found are not run again
 * @param {(result: Result) => void} options.keep gets each that is run
 * @returns {Promise<Result[]>}
 */
export async function runHandWritten(mutants, { deadlineMs, jobs, tell, known, keep }) {
  const before = new Map(
    known
      .filter(({ result }) => result === 'found')
      .map((result) => [keyOf(result.mutant), result]),
  );
  const results = mutants.map((mutant) => before.get(keyOf(mutant)));
  const rest = [...mutants.entries()].filter(([i]) => results[i] === undefined).values();
  let count = mutants.length - results.filter((result) => result === undefined).length;
  const work = async () => {
    const workspace = createWorkspace();
    try {
      // Without a fault all must be right, or everything would be found.
      if (!(await workspace.build())) throw new Error('The project cannot be built.');
      for (const [i, mutant] of rest) {
        results[i] = await resultOf(mutant, workspace, deadlineMs);
        const { result, seconds } = results[i];
        if (result === 'not run') continue;
        count += 1;
        keep(results[i]);
        tell(
          `${count}/${mutants.length} ${result} in ${seconds} s: ${mutant.file}: ${mutant.what}`,
        );
      }
    } finally {
      workspace.remove();
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return results;
}

function keyOf(mutant) {
  return JSON.stringify([mutant.file, mutant.old, mutant.new]);
}

async function resultOf(mutant, workspace, deadlineMs) {
  const startedMs = Date.now();
  if (startedMs > deadlineMs) return { mutant, result: 'not run', seconds: 0 };
  const by = await workspace.withMutant(mutant, () => finderOf(mutant, workspace));
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  if (by === undefined) return { mutant, result: 'survived', seconds };
  return { mutant, result: 'found', by, seconds };
}

/** Where a fault in a folder shows if its own tests do not see it. */
const SCENARIOS = {
  'src/cli': ['test/cli', 'test/scenarios/command-line'],
  'src/rdiff': ['test/rdiff', 'test/cli/rdiff', 'test/scenarios/rdiff'],
  'src/remote': ['test/remote', 'test/scenarios/copy', 'test/scenarios/serve'],
  'src/repo': ['test/repo', 'test/scenarios/repository', 'test/scenarios/backup'],
};

/** The first test that fails: those that are likely to, then those of the source's folder, then all. */
async function finderOf(mutant, workspace) {
  if (!(await workspace.build())) return 'the build';
  const isThere = (path) => existsSync(join(workspace.directory, path));
  const twin = mutant.file.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts');
  const folder = twin.slice(0, twin.lastIndexOf('/') + 1);
  const [, ...scenarios] = Object.entries(SCENARIOS)
    .filter(([start]) => mutant.file.startsWith(`${start}/`))
    .flat(2);
  for (const paths of [[...(mutant.tests ?? []), twin], [folder], scenarios]) {
    const found = paths.some(isThere) && (await workspace.firstFailure(paths.filter(isThere)));
    if (found) return found;
  }
  return workspace.firstFailure([]);
}
