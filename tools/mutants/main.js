/**
 * `npm run test:mutants -- [--list FILE] [--folder src/repo/index] [--sample 20] [--seed N]
 * [--minutes 60] [--jobs 2] [--out FILE] [--framework]`: puts small faults into a copy of the sources, one at a time,
 * and says which of them the tests find. What `--out` names keeps a line for each; what it
 * says was found is not run again. With `--framework`, StrykerJS makes the faults, in the code that
 * tests run in their own process; without, they are those of `tools/mutants/list`. Ends with 1 if one
 * survives.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runFramework } from './framework.js';
import { runHandWritten } from './hand-written.js';
import { faultsOfList, folderOf, readMutants, sampleOf } from './list.js';

const { values } = parseArgs({
  options: {
    list: { type: 'string' },
    folder: { type: 'string', default: 'src' },
    sample: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string', default: '120' },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string' },
    framework: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? seedOfCommit() : Number(values.seed);
const sample = values.sample === undefined ? Infinity : Number(values.sample);
const minutes = Number(values.minutes);
const jobs = Number(values.jobs);
const tell = (line) => process.stdout.write(`${line}\n`);

tell(`seed ${seed}`);
const known = values.framework ? [] : readResults();
const results = values.framework
  ? runFramework({ folder: values.folder, sample, seed, minutes, jobs })
  : await runHandWritten(chosen(), {
      deadlineMs: Date.now() + minutes * 60_000,
      jobs,
      tell,
      known,
      keep,
    });
if (values.framework) results.forEach(keep);
report();

/** What an earlier run found, which was broken off or had another sample. */
function readResults() {
  if (values.out === undefined || !existsSync(values.out)) return [];
  const lines = readFileSync(values.out, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

function keep(result) {
  if (values.out !== undefined) appendFileSync(values.out, `${JSON.stringify(result)}\n`);
}

function chosen() {
  const all = readMutants(values.list);
  const faults = faultsOfList(all);
  if (faults.length > 0)
    throw new Error(`The list does not fit the sources.\n${faults.join('\n')}`);
  const mutants = all.filter(({ file, survives }) => !survives && isIn(file));
  return sampleOf(mutants, sample, seed);
}

function isIn(file) {
  return file === values.folder || file.startsWith(`${values.folder}/`);
}

function report() {
  const folders = Map.groupBy(results, ({ mutant }) => folderOf(mutant));
  tell('');
  for (const [folder, of] of [...folders].toSorted()) tell(`${folder}: ${score(of)}`);
  tell(`all: ${score(results)}`);
  const survivors = results.filter(({ result }) => result === 'survived');
  for (const { mutant } of survivors) {
    tell(`\nsurvived: ${mutant.file}${mutant.line ? `:${mutant.line}` : ''}: ${mutant.what}`);
    tell(`- ${mutant.old}\n+ ${mutant.new}`);
  }
  process.exitCode = survivors.length === 0 ? 0 : 1;
}

function score(of) {
  const ran = of.filter(({ result }) => result !== 'not run');
  const found = ran.filter(({ result }) => result === 'found').length;
  const left = of.length - ran.length;
  const share = ran.length === 0 ? '' : ` (${((100 * found) / ran.length).toFixed(0)} %)`;
  return `${found} of ${ran.length} found${share}${left > 0 ? `, ${left} not run` : ''}`;
}

/** Another sample with every commit, and the same one whenever it is looked at again. */
function seedOfCommit() {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' });
  return parseInt(stdout?.slice(0, 8) || '0', 16);
}
