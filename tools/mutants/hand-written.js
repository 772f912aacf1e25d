/** Runs hand-written mutants: each is found by a test that fails, or survives. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkspace } from './workspace.js';

/**
 * @param {import('./list.js').Mutant[]} mutants
 * @param {{deadlineMs: number, tell: (line: string) => void}} options
 * @returns {{mutant, result: 'found' | 'survived' | 'not run', by?: string, seconds: number}[]}
 */
export function runHandWritten(mutants, { deadlineMs, tell }) {
  const workspace = createWorkspace();
  try {
    // Without a fault all must be right, or everything would be found.
    if (!workspace.build()) throw new Error('The project cannot be built.');
    return mutants.map((mutant, i) => {
      const startedMs = Date.now();
      if (startedMs > deadlineMs) return { mutant, result: 'not run', seconds: 0 };
      const by = workspace.withMutant(mutant, () => finderOf(mutant, workspace));
      const seconds = Math.round((Date.now() - startedMs) / 1000);
      const result = by === undefined ? 'survived' : 'found';
      tell(`${i + 1}/${mutants.length} ${result} in ${seconds} s: ${mutant.file}: ${mutant.what}`);
      return { mutant, result, ...(by !== undefined && { by }), seconds };
    });
  } finally {
    workspace.remove();
  }
}

/** Where a fault in a folder shows if its own tests do not see it. */
const SCENARIOS = {
  'src/cli': ['test/cli', 'test/scenarios/command-line'],
  'src/rdiff': ['test/rdiff', 'test/cli/rdiff', 'test/scenarios/rdiff'],
  'src/remote': ['test/remote', 'test/scenarios/copy', 'test/scenarios/serve'],
  'src/repo': ['test/repo', 'test/scenarios/repository', 'test/scenarios/backup'],
};

/** The first test that fails: those that are likely to, then those of the source's folder, then all. */
function finderOf(mutant, workspace) {
  if (!workspace.build()) return 'the build';
  const isThere = (path) => existsSync(join(workspace.directory, path));
  const twin = mutant.file.replace(/^src/, 'test').replace(/\.ts$/, '.test.ts');
  const folder = twin.slice(0, twin.lastIndexOf('/') + 1);
  const [, ...scenarios] = Object.entries(SCENARIOS)
    .filter(([start]) => mutant.file.startsWith(`${start}/`))
    .flat(2);
  for (const paths of [[...(mutant.tests ?? []), twin], [folder], scenarios]) {
    const found = paths.some(isThere) && workspace.firstFailure(paths.filter(isThere));
    if (found) return found;
  }
  return workspace.firstFailure([]);
}
